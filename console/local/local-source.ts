import { userInfo } from 'node:os';
import type { FaultProxies } from '../../local/faults/fault-proxies.ts';
import type { LocalStack } from '../../local/stack.ts';
import { tailLogs } from '../../local/tail-logs.ts';
import { type OpenPool, openPool } from '../../shared/aws/open-pool.ts';
import type { Override } from '../../shared/core/pool/overrides.ts';
import { AUTOMATIC } from '../../shared/core/pool/state.ts';
import type { Action } from '../actions.ts';
import { awsViews } from '../aws-views.ts';
import { keysOf, parseDashboard } from '../dashboard.ts';
import type { EndedTask, Source } from '../source.ts';
import { evaluate } from './alarms.ts';
import { metricStore, PERIOD_SECONDS } from './metrics.ts';

const LATEST_TASKS = 50;

/** The local stack, with metrics from the logs of functions and agents and dashboards from the synthesized template. */
export function localSource(stack: LocalStack, proxies: FaultProxies): Source {
  const pools = stack.outputs.pools.map(({ name }) => openPool(stack.outputs, name));
  const dashboards = stack.dashboards
    .map(({ name, body }) => parseDashboard(name, body))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const keys = keysOf(dashboards);
  const sinceMs = Date.now();
  const metrics = metricStore();
  const ended: EndedTask[] = [];
  const logs = tailLogs(stack.logDirectory, (line, file) => {
    metrics.addLine(line);
    const task = endedTask(line, file);
    if (!task) return;
    ended.push(task);
    ended.sort((a, b) => b.atMs - a.atMs);
    ended.length = Math.min(ended.length, LATEST_TASKS);
  });

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
    pools: pools.map(({ pool }) => pool.name),
    ...awsViews(pools),
    dashboards: async () => dashboards,
    alarms: async () => stack.alarms.map((alarm) => evaluate(alarm, metrics, { sinceMs, nowMs: Date.now() })),
    async points(fromMs) {
      await Promise.all([logs.read(), sample()]);
      return metrics.points(keys, fromMs);
    },
    latestTasks: () => ended,
    pace: { pools: 1_000, points: (PERIOD_SECONDS * 1000) / 4 },
    act: (action) => act(action, { stack, pools, proxies }),
  };
}

function nameOf(queueUrl: string): string {
  return queueUrl.split('/').at(-1) ?? queueUrl;
}

/** Parses an agent's log line about the end of an attempt. */
function endedTask(line: string, file: string): EndedTask | undefined {
  if (!file.startsWith('agent-') || !line.includes('"taskId"')) return undefined;
  try {
    const { message, taskId, timestamp } = JSON.parse(line) as Partial<Record<string, string>>;
    const [, outcome] = /^task (\w+)$/.exec(message ?? '') ?? [];
    if (outcome === undefined || taskId === undefined) return undefined;
    return { id: taskId, outcome, atMs: Date.parse(timestamp ?? ''), agent: file.replace(/^agent-/, '') };
  } catch {
    return undefined;
  }
}

type Pool = OpenPool;

/** What actions act on. */
type Targets = {
  readonly stack: LocalStack;
  readonly pools: readonly Pool[];
  readonly proxies: FaultProxies;
};

/** Carries out an action of the page and returns a description of it. @throws Error with the reason if it can't. */
async function act(action: Action, { stack, pools, proxies }: Targets): Promise<string> {
  switch (action.do) {
    case 'burst': {
      const { client } = named(pools, action.pool);
      const { tasks, durationSeconds } = action;
      await client.sendTasks(
        Array.from({ length: tasks }, (_, index) => ({
          contextId: `burst-${Date.now()}-${index}`,
          payload: { durationSeconds, from: 0, messages: [{ role: 'user', content: `task ${index + 1}` }] },
        })),
      );
      return `sent ${tasks} tasks`;
    }
    case 'kill': {
      const task = stack.ecs.scheduler.tasks.get(action.agent);
      if (!task?.process) throw new Error(`agent ${action.agent} is not running`);
      task.process.kill('SIGKILL');
      return `killed agent ${action.agent.slice(0, 8)}`;
    }
    case 'fault': {
      proxies.of(action.service).set({ [action.fault]: action.percent / 100 }, action.seconds * 1000);
      return `injecting "${action.fault}" into ${action.percent} % of ${action.service} calls for ${action.seconds} s`;
    }
    default:
      return override(action, named(pools, action.pool));
  }
}

async function override(
  action: Extract<Action, { do: 'pause' | 'resume' | 'pin' }>,
  { overrides }: Pool,
): Promise<string> {
  const [by, atMs] = [`${userInfo().username} in the console`, Date.now()];
  const modes = {
    pause: () => ({ kind: 'paused', by, atMs }) as const,
    resume: () => AUTOMATIC,
    pin: () => ({ kind: 'pinned', desired: action.do === 'pin' ? action.desired : 0, by, atMs }) as const,
  };
  const mode = modes[action.do]();
  await overrides.put({ kind: 'mode', by, atMs, mode } satisfies Override, await overrides.read());
  return `${action.pool} is ${mode.kind}, effective on its next tick`;
}

function named(pools: readonly Pool[], name: string): Pool {
  const found = pools.find(({ pool }) => pool.name === name);
  if (!found) throw new Error(`unknown pool "${name}"`);
  return found;
}
