import { systemClock } from '../../shared/aws/clock.ts';
import { openPool } from '../../shared/aws/open-pool.ts';
import type { TaskRecord } from '../../shared/core/pool/task-record.ts';
import type { DecisionLog } from '../../shared/ports/decision-log.ts';
import type { TaskStore } from '../../shared/ports/task-store.ts';
import type { TaskClient } from '../../shared/tasks/client.ts';
import type { PlannedTask } from '../replay/plan.ts';
import { type LocalStack, startLocalStack } from '../stack.ts';
import { addUp, checkConversations, readCompletions, type Summary } from './accounts.ts';
import { demoConfig, demoPool } from './pool.ts';
import type { Screen } from './screen.ts';

type Demo = {
  readonly planned: readonly PlannedTask[];
  readonly speed: number;
  readonly concurrency: number;
  readonly screen: Screen;
  readonly logDirectory: string;
};

const POLL_MS = 500;
/** How long to wait for the first agent to become ready. After that, the demo continues and shows the reason. */
const FIRST_AGENT_MS = 30_000;
/** If no task ends for this long, the remaining ones are lost. */
const GIVE_UP_AFTER_MS = 90_000;
/** How long the demo continues after the last task at most, to show the pool scale in. */
const SHOW_SCALE_IN_MS = 8_000;

/** Runs the stack on this machine, replays the tasks and summarizes the run. */
export async function runDemo({ planned, speed, concurrency, screen, logDirectory }: Demo): Promise<Summary> {
  const { pool, startDelayMs } = demoPool({ speed, concurrency });
  screen.line('starting local SQS, S3, DynamoDB and ECS, and deploying the stack …');
  const stack = await startLocalStack({
    pools: [pool],
    startDelayMs,
    logDirectory,
    scheduled: true,
    onError: (error) => screen.line(`function failed: ${error.message}`),
  });
  for (const [signal, status] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    process.once(signal, () => {
      screen.close();
      void stack.close().finally(() => process.exit(status));
    });
  }
  try {
    const { client, tasks, store, decisions, contexts } = openPool(stack.outputs, pool.name);
    screen.line(
      `waiting for the first agent: ${(startDelayMs / 1000).toFixed(1)} s of simulated start-up, plus its process …`,
    );
    const isReady = async () => (await store.instances()).instances.some(({ status }) => status === 'ready');
    await waitFor(isReady, startDelayMs + FIRST_AGENT_MS);
    screen.line(
      `replaying ${planned.length} tasks ${speed} times as fast as recorded; logs in ${logDirectory}`,
    );
    const startMs = Date.now();
    screen.begin(startMs);
    const done = new AbortController();
    const watching = watch(decisions, { screen, startMs, done: done.signal });
    const sending = { isOver: false };
    const [records] = await Promise.all([
      waitForTasks(tasks, { planned, screen, startMs, sending }),
      send({ client, planned, startMs, screen }).then(() => {
        sending.isOver = true;
      }),
    ]);
    await showScaleIn(stack, pool.min);
    done.abort();
    await watching;
    return addUp({
      planned,
      records,
      instances: (await store.instances()).instances,
      ecsTasks: [...stack.ecs.scheduler.tasks.values()],
      completions: await readCompletions(logDirectory),
      conversations: await checkConversations(planned, records, contexts),
      concurrency,
      objective: demoConfig({ speed, concurrency }).objective,
      span: { fromMs: startMs, toMs: lastEndMs(records) ?? Date.now() },
    });
  } finally {
    await stack.close();
  }
}

type Sending = Pick<Demo, 'planned' | 'screen'> & { readonly client: TaskClient; readonly startMs: number };

/** Sends each task at its time, and tasks with the same time together. */
async function send({ client, planned, startMs, screen }: Sending): Promise<void> {
  let next = 0;
  while (next < planned.length) {
    const now = (Date.now() - startMs) / 1000;
    const due = planned.slice(next).findIndex((task) => task.atSeconds > now);
    const count = due === -1 ? planned.length - next : due;
    if (count > 0) {
      await client.sendTasks(planned.slice(next, next + count));
      screen.sent(count);
    }
    next += count;
    const queueWaitMs = 1000 * (planned[next]?.atSeconds ?? 0) - (Date.now() - startMs);
    await systemClock.sleep(Math.max(0, queueWaitMs));
  }
}

type Watch = { readonly screen: Screen; readonly startMs: number; readonly done: AbortSignal };

/** Prints each decision as it is recorded. */
async function watch(decisions: DecisionLog, { screen, startMs, done }: Watch): Promise<void> {
  let seenMs = startMs;
  while (!done.aborted) {
    const fresh = await Array.fromAsync(decisions.read({ afterMs: seenMs }));
    for (const each of fresh.toReversed()) {
      if (each.kind === 'decision') screen.decided(each.record);
      seenMs = each.atMs;
    }
    await systemClock.sleep(POLL_MS, done);
  }
}

type Waiting = Pick<Demo, 'planned' | 'screen'> & {
  readonly startMs: number;
  readonly sending: { readonly isOver: boolean };
};

/** Follows the tasks until all have ended, or none ends any more after all were sent. */
async function waitForTasks(
  tasks: TaskStore,
  { planned, screen, startMs, sending }: Waiting,
): Promise<readonly (TaskRecord | undefined)[]> {
  const records = new Map<string, TaskRecord>();
  let ended = 0;
  let lastEndMs = Date.now();
  for (;;) {
    const now = (Date.now() - startMs) / 1000;
    const open = planned.filter(({ id, atSeconds }) => atSeconds <= now && !isEnded(records.get(id)));
    for (const record of await Promise.all(open.slice(0, 100).map(({ id }) => tasks.get(id)))) {
      if (record) records.set(record.id, record);
    }
    const nowEnded = [...records.values()].filter(isEnded).length;
    if (nowEnded > ended || !sending.isOver) lastEndMs = Date.now();
    ended = nowEnded;
    screen.progress(ended);
    if (ended === planned.length || Date.now() - lastEndMs > GIVE_UP_AFTER_MS) break;
    await systemClock.sleep(POLL_MS);
  }
  return planned.map(({ id }) => records.get(id));
}

function isEnded(record: TaskRecord | undefined): boolean {
  return record?.status === 'done' || record?.status === 'failed';
}

/** When the last task ended; undefined if one hasn't. */
function lastEndMs(records: readonly (TaskRecord | undefined)[]): number | undefined {
  const ends = records.map((record) => (record && 'endedAtMs' in record ? record.endedAtMs : undefined));
  return ends.reduce(
    (last, end) => (last === undefined || end === undefined ? undefined : Math.max(last, end)),
    0,
  );
}

async function showScaleIn({ ecs }: LocalStack, min: number): Promise<void> {
  const running = () =>
    [...ecs.scheduler.tasks.values()].filter((task) => task.lastStatus !== 'STOPPED').length;
  await waitFor(async () => running() <= min, SHOW_SCALE_IN_MS);
}

async function waitFor(condition: () => Promise<boolean>, atMostMs: number): Promise<void> {
  const untilMs = Date.now() + atMostMs;
  while (!(await condition()) && Date.now() < untilMs) await systemClock.sleep(POLL_MS / 2);
}
