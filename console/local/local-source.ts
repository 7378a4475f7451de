import type { FaultProxies } from '../../local/faults/fault-proxies.ts';
import type { LocalStack } from '../../local/stack.ts';
import { tailLogs } from '../../local/tail-logs.ts';
import { openPool } from '../../shared/aws/open-pool.ts';
import { STACK_DIMENSION } from '../../shared/telemetry/metrics.ts';
import { awsViews, recordedArrivals } from '../aws-views.ts';
import { keyOf, keysOf, parseDashboard, specOf } from '../dashboard.ts';
import { lanes } from '../lanes.ts';
import type { Source } from '../source.ts';
import { findStory, listTasks } from '../tasks.ts';
import { evaluate } from './alarms.ts';
import { localControls } from './controls.ts';
import { metricStore, PERIOD_SECONDS } from './metrics.ts';

type LocalSource = Source & { close(): void };

type Options = {
  readonly proxies: FaultProxies;
  /** The pool that the recorded trace plays to. Undefined: none. */
  readonly replaying?: string | undefined;
  readonly onError: (error: Error) => void;
};

/** Ended tasks that a list has. */
const LATEST_TASKS = 200;

/** The local stack, with metrics from the logs of functions and agents and dashboards from the synthesized template. */
export function localSource(stack: LocalStack, options: Options): LocalSource {
  const pools = stack.outputs.pools.map(({ name }) => openPool(stack.outputs, name));
  const dashboards = stack.dashboards
    .map(({ name, body }) => parseDashboard(name, body))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const keys = keysOf(dashboards);
  const sinceMs = Date.now();
  const metrics = metricStore();
  const agents = lanes();
  const logs = tailLogs(stack.logDirectory, (line) => {
    metrics.addLine(line);
    agents.addLine(line);
  });
  const views = awsViews(pools);
  const controls = localControls({ stack, pools, ...options });
  const logged = {
    latest: async (pool: string) => agents.latest(pool, LATEST_TASKS),
    attemptsAt: async (_pool: string, id: string) => agents.attemptsAt(id),
  };

  /** Adds the metrics that AWS itself would emit. */
  async function sample(): Promise<void> {
    const nowMs = Date.now();
    for (const { pool, deadLetterCount } of pools) {
      const [queue, deadLetters] = [nameOf(pool.queueUrl), nameOf(pool.deadLetterQueueUrl)];
      const [count, oldestMs = nowMs] = await Promise.all([
        deadLetterCount(),
        stack.emulators.oldestSentAtMs(queue),
      ]);
      const add = (metric: string, QueueName: string, value: number) =>
        metrics.add({ namespace: 'AWS/SQS', metric, dimensions: { QueueName }, atMs: nowMs, value });
      add('ApproximateNumberOfMessagesVisible', deadLetters, count);
      add('ApproximateAgeOfOldestMessage', queue, Math.max(0, (nowMs - oldestMs) / 1000));
    }
  }

  return {
    stack: 'local stack',
    pools: pools.map(({ pool }) => ({ name: pool.name, queueName: nameOf(pool.queueUrl) })),
    metricStack: keys.map((key) => specOf(key).dimensions[STACK_DIMENSION]).find(Boolean) ?? '',
    ...views,
    dashboards: async () => dashboards,
    alarms: async () => stack.alarms.map((alarm) => evaluate(alarm, metrics, { sinceMs, nowMs: Date.now() })),
    async points(fromMs) {
      await Promise.all([logs.read(), sample()]);
      return metrics.points(keys, fromMs);
    },
    async series(specs, { fromMs }) {
      await logs.read();
      return metrics.points(specs.map(keyOf), fromMs);
    },
    async lanes(pool, range) {
      await logs.read();
      return agents.of(pool, range);
    },
    async tasks(query) {
      await logs.read();
      return listTasks(pools, query, logged);
    },
    async task(id) {
      await logs.read();
      return findStory(pools, id, logged);
    },
    async backtestInput(name, fromMs) {
      const pool = pools.find((each) => each.pool.name === name);
      const config = await views.config(name);
      if (!pool || !config) return undefined;
      // No agent of this machine is billed, least of all for a minute.
      return { ...config, billedAtLeastSeconds: 0, ...(await recordedArrivals(pool, fromMs)) };
    },
    traces: [],
    pace: { pools: 1_000, points: (PERIOD_SECONDS * 1000) / 4 },
    controls,
    close: controls.close,
  };
}

function nameOf(queueUrl: string): string {
  return queueUrl.split('/').at(-1) ?? queueUrl;
}
