import { userInfo } from 'node:os';
import type { FaultProxies } from '../../local/faults/fault-proxies.ts';
import type { LocalStack } from '../../local/stack.ts';
import { connectPool } from '../../shared/aws/open-pool.ts';
import type { Order as PoolOrder } from '../../shared/core/pool/overrides.ts';
import { AUTOMATIC } from '../../shared/core/pool/state.ts';
import { awsViews } from '../aws-views.ts';
import { keysOf, parseDashboard } from '../dashboard.ts';
import type { Order } from '../overrides.ts';
import type { EndedTask, Source } from '../source.ts';
import { evaluate } from './alarms.ts';
import { metricStore, PERIOD_SECONDS } from './metrics.ts';
import { tailLogs } from './tail-logs.ts';

const LATEST_TASKS = 50;

/** The stack on this machine: its metrics are those that its functions and agents log, its dashboards those that CDK synthesized. */
export function localSource(stack: LocalStack, proxies: FaultProxies): Source {
  const pools = stack.outputs.pools.map(({ name }) => connectPool(stack.outputs, name));
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

  /** What AWS measures itself. */
  async function sample(): Promise<void> {
    const nowMs = Date.now();
    for (const { pool, deadLetterCount } of pools) {
      const [queue, deadLetters] = [nameOf(pool.queueUrl), nameOf(pool.deadLetterQueueUrl)];
      const [count, oldestMs = nowMs] = await Promise.all([
        deadLetterCount(),
        stack.emulators.oldestSentAtMs(queue),
      ]);
      const add = (metric: string, QueueName: string, value: number) =>
        metrics.add('AWS/SQS', metric, { QueueName }, nowMs, value);
      add('ApproximateNumberOfMessagesVisible', deadLetters, count);
      add('ApproximateAgeOfOldestMessage', queue, Math.max(0, (nowMs - oldestMs) / 1000));
    }
  }

  return {
    stack: 'on this machine',
    pools: pools.map(({ pool }) => pool.name),
    ...awsViews(pools),
    dashboards: async () => dashboards,
    alarms: async () => stack.alarms.map((alarm) => evaluate(alarm, metrics, sinceMs, Date.now())),
    async points(fromMs) {
      await Promise.all([logs.read(), sample()]);
      return metrics.points(keys, fromMs);
    },
    latestTasks: () => ended,
    pace: { look: 1_000, points: (PERIOD_SECONDS * 1000) / 4 },
    act: (order) => act(order, stack, pools, proxies),
  };
}

function nameOf(queueUrl: string): string {
  return queueUrl.split('/').at(-1) ?? queueUrl;
}

/** The agents log what becomes of each attempt. */
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

type Pool = ReturnType<typeof connectPool>;

/** Does what a control of the page asks for, and says what was done. @throws Error that says why not. */
async function act(
  order: Order,
  stack: LocalStack,
  pools: readonly Pool[],
  proxies: FaultProxies,
): Promise<string> {
  switch (order.do) {
    case 'burst': {
      const { client } = named(pools, order.pool);
      const { tasks, workSeconds } = order;
      await client.sendTasks(
        Array.from({ length: tasks }, (_, index) => ({
          contextId: `burst-${Date.now()}-${index}`,
          payload: { workSeconds, from: 0, messages: [{ role: 'user', content: `task ${index + 1}` }] },
        })),
      );
      return `${tasks} tasks were sent`;
    }
    case 'kill': {
      const task = stack.ecs.scheduler.tasks.get(order.agent);
      if (!task?.process) throw new Error(`no agent ${order.agent} runs`);
      task.process.kill('SIGKILL');
      return `agent ${order.agent.slice(0, 8)} was killed`;
    }
    case 'fault': {
      proxies.of(order.service).set({ [order.fault]: order.percent / 100 }, order.seconds * 1000);
      return `${order.percent} % of the calls to ${order.service}: ${order.fault}, for ${order.seconds} s`;
    }
    default:
      return control(order, named(pools, order.pool));
  }
}

async function control(
  order: Extract<Order, { do: 'pause' | 'resume' | 'pin' }>,
  { orders }: Pool,
): Promise<string> {
  const [by, atMs] = [`${userInfo().username} in the console`, Date.now()];
  const controls = {
    pause: () => ({ kind: 'paused', by, atMs }) as const,
    resume: () => AUTOMATIC,
    pin: () => ({ kind: 'pinned', desired: order.do === 'pin' ? order.desired : 0, by, atMs }) as const,
  };
  const given: PoolOrder = { kind: 'control', by, atMs, control: controls[order.do]() };
  await orders.give(given, await orders.read());
  return `${order.pool}: ${given.kind === 'control' ? given.control.kind : ''}, from its next look on`;
}

function named(pools: readonly Pool[], name: string): Pool {
  const found = pools.find(({ pool }) => pool.name === name);
  if (!found) throw new Error(`there is no pool ${name}`);
  return found;
}
