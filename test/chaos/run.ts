import { addUp, checkConversations, readCompletions, type Summary } from '../../local/demo/accounts.ts';
import { type FaultProxies, faultProxies } from '../../local/faults/fault-proxies.ts';
import type { Service } from '../../local/faults/fault-proxy.ts';
import type { PlannedTask } from '../../local/replay/plan.ts';
import { type LocalStack, startLocalStack } from '../../local/stack.ts';
import { systemClock } from '../../shared/aws/clock.ts';
import { openPool } from '../../shared/aws/open-pool.ts';
import type { PoolInput } from '../../shared/core/pool/config.ts';
import { isLive } from '../../shared/core/pool/status.ts';
import type { TaskRecord } from '../../shared/core/pool/task-record.ts';
import { SendError, type TaskClient } from '../../shared/tasks/client.ts';

/** Turns of a conversation; the demo's handler throws when one is missing or there twice. */
const TURNS = 10;
const WORK_SECONDS = 0.1;
const POOL = {
  name: 'chaos',
  handler: './agent/handlers/replay.ts',
  min: 2,
  max: 6,
  tickSeconds: 1,
  objective: { percent: 95, withinSeconds: 5 },
  cooldownSeconds: 0,
  heartbeatSeconds: 2,
  pollSeconds: 1,
  visibilitySeconds: 10,
  taskTimeoutSeconds: 30,
  stopTimeoutSeconds: 5,
  startTimeoutSeconds: 30,
  maxAttempts: 10,
  scaleInStabilizationSeconds: 5,
} satisfies PoolInput;
/** Of the calls to each service, from the first task until the last has ended. */
const SHARES = { throttled: 0.01, failed: 0.005, reset: 0.005, 'response lost': 0.005, slow: 0.002 };
const BAD_SHARES = { ...SHARES, failed: 0.3 };
const BAD_FOR_MS = 4_000;
const DOWN_MS = 2_000;
/** If no task ends for this long, the rest is lost. */
const GIVE_UP_AFTER_MS = 60_000;
/** Time for the pool to recover: three missed heartbeats, their grace period, and a start. */
const WELL_WITHIN_MS = 180_000;

export type Survived = {
  readonly summary: Summary;
  readonly injected: Readonly<Record<string, number>>;
  /** What was done to the pool, in order. */
  readonly done: readonly string[];
  /** What is wrong in the end; empty when the pool is well. */
  readonly unwell: readonly string[];
};

type Chaos = {
  readonly tasks: number;
  readonly logDirectory: string;
  readonly report: (line: string) => void;
};

/** Sends a burst through a local stack of real processes while everything goes wrong, and checks what is left. */
export async function runChaos({ tasks: count, logDirectory, report }: Chaos): Promise<Survived> {
  const startMs = Date.now();
  const proxies = faultProxies();
  const stack = await startLocalStack({
    pools: [POOL],
    startDelayMs: 200,
    logDirectory,
    scheduled: true,
    through: proxies.through,
  });
  const done: string[] = [];
  const act = (what: string) => {
    done.push(what);
    report(what);
  };
  try {
    const { client, tasks, store, contexts } = openPool(stack.outputs, POOL.name);
    const planned = plan(count);
    await waitFor('the first agents', 60_000, async () => (await store.instances()).instances.length >= 2);
    proxies.set(SHARES);
    const sending = sendAll(client, planned).then(() => act(`${count} tasks were sent`));
    const misfortunes = misfortunesOf(stack, proxies, act);
    const records = await waitForTasks(tasks, planned, report, async (ended) => {
      while (misfortunes[0] && ended >= misfortunes[0].afterShare * count)
        await misfortunes.shift()?.strike();
    });
    await sending;
    proxies.set({});
    const unwell = await becomesWell(stack);
    const summary = addUp({
      planned,
      records,
      instances: (await store.instances()).instances,
      ecsTasks: [...stack.ecs.scheduler.tasks.values()],
      completions: await readCompletions(logDirectory),
      conversations: await checkConversations(planned, records, contexts),
      objective: POOL.objective,
      concurrency: 1,
      span: { fromMs: startMs, toMs: Date.now() },
    });
    return { summary, injected: proxies.injected(), done, unwell };
  } finally {
    await stack.close();
    await proxies.close();
  }
}

function plan(count: number): readonly PlannedTask[] {
  const conversations = Math.ceil(count / TURNS);
  return Array.from({ length: count }, (_, index) => {
    const turn = Math.floor(index / conversations);
    return {
      id: `chaos-${String(index + 1).padStart(5, '0')}`,
      contextId: `c${index % conversations}`,
      atSeconds: 0,
      payload: { durationSeconds: WORK_SECONDS, from: turn, messages: [{ turn }] },
    };
  });
}

/** Sends again what could not be sent, in order. */
async function sendAll(client: TaskClient, planned: readonly PlannedTask[]): Promise<void> {
  let left = planned;
  while (left.length > 0) {
    const refused = await client.sendTasks(left).then(
      () => new Set<string>(),
      (error: unknown) => {
        if (!(error instanceof SendError)) throw error;
        return new Set([...error.refused, ...error.unknown].map(({ id }) => id));
      },
    );
    left = left.filter(({ id }) => refused.has(id));
  }
}

type Misfortune = { readonly afterShare: number; readonly strike: () => Promise<void> };

/** What goes wrong, and after which share of the tasks. */
function misfortunesOf(stack: LocalStack, proxies: FaultProxies, act: (what: string) => void): Misfortune[] {
  const running = () =>
    [...stack.ecs.scheduler.tasks.values()].filter(({ lastStatus }) => lastStatus === 'RUNNING');
  const scaler = stack.functions.find(({ entry }) => entry.includes('/scale/'));
  const restart = (service: Service) => async () => {
    await proxies.of(service).restart(DOWN_MS);
    act(`${service} was away for ${DOWN_MS / 1000} s, and came back`);
  };
  const kill = async () => {
    const agents = running();
    const victims = agents.slice(0, Math.ceil(agents.length / 3));
    for (const agent of victims) agent.process?.kill('SIGKILL');
    act(`${victims.length} of ${agents.length} agents got SIGKILL`);
  };
  return [
    { afterShare: 0.1, strike: kill },
    {
      afterShare: 0.2,
      async strike() {
        running()[0]?.process?.kill('SIGSTOP');
        act('an agent got SIGSTOP, for good');
      },
    },
    {
      afterShare: 0.3,
      async strike() {
        const ecs = proxies.of('ecs');
        // Only the scaler describes services: it's killed after it has read the pool and before it acts.
        await new Promise<void>((resolve) => {
          ecs.onCall((operation) => {
            if (operation !== 'DescribeServices') return;
            ecs.onCall(undefined);
            resolve();
          });
        });
        scaler?.crash();
        act('the scaler was killed in the middle of a tick');
      },
    },
    { afterShare: 0.4, strike: restart('sqs') },
    { afterShare: 0.5, strike: restart('dynamodb') },
    { afterShare: 0.6, strike: restart('s3') },
    { afterShare: 0.65, strike: restart('ecs') },
    {
      afterShare: 0.7,
      async strike() {
        proxies.set(BAD_SHARES);
        await systemClock.sleep(BAD_FOR_MS);
        proxies.set(SHARES);
        act(`every third call to AWS failed for ${BAD_FOR_MS / 1000} s`);
      },
    },
    { afterShare: 0.85, strike: kill },
  ];
}

async function waitForTasks(
  tasks: { get(id: string): Promise<TaskRecord | undefined> },
  planned: readonly PlannedTask[],
  report: (line: string) => void,
  onProgress: (ended: number) => Promise<void>,
): Promise<readonly (TaskRecord | undefined)[]> {
  const records = new Map<string, TaskRecord>();
  const isEnded = (id: string) => ['done', 'failed'].includes(records.get(id)?.status ?? '');
  let ended = 0;
  let lastEndMs = Date.now();
  let reported = 0;
  for (;;) {
    // A call whose retries all fail says nothing about a task.
    const open = planned.filter(({ id }) => !isEnded(id)).slice(0, 50);
    const read = await Promise.all(open.map(({ id }) => tasks.get(id).catch(() => undefined)));
    for (const record of read) if (record) records.set(record.id, record);
    const now = planned.filter(({ id }) => isEnded(id)).length;
    if (now > ended) lastEndMs = Date.now();
    ended = now;
    if (ended >= reported + planned.length / 10) {
      reported = ended;
      report(`${ended} of ${planned.length} tasks have ended`);
    }
    if (ended === planned.length || Date.now() - lastEndMs > GIVE_UP_AFTER_MS) break;
    await onProgress(ended);
    await systemClock.sleep(200);
  }
  return planned.map(({ id }) => records.get(id));
}

/** Waits for the expected agents, each with a true record, and nothing left over. Returns what is still wrong. */
async function becomesWell(stack: LocalStack): Promise<readonly string[]> {
  const { store, queue } = openPool(stack.outputs, POOL.name);
  let unwell: readonly string[] = [];
  const isWell = async () => {
    const tasks = [...stack.ecs.scheduler.tasks.values()].filter(
      ({ lastStatus }) => lastStatus !== 'STOPPED',
    );
    const live = (await store.instances()).instances.filter(({ status }) => isLive(status));
    const { visible, inFlight } = await queue.counts();
    // The scaler may keep a spare agent for a while: what went wrong made tasks wait.
    const desired = tasks[0]?.service.desiredCount ?? POOL.min;
    unwell = [
      ...(visible + inFlight > 0 ? [`${visible} messages wait, ${inFlight} are in flight`] : []),
      ...(desired < POOL.max ? [] : [`${desired} agents are still desired`]),
      ...(tasks.length === desired ? [] : [`${tasks.length} tasks run instead of ${desired}`]),
      ...live.filter(({ status }) => status !== 'ready').map(({ id, status }) => `agent ${id} is ${status}`),
      ...live
        .filter(({ id }) => !tasks.some((task) => task.id === id))
        .map(({ id }) => `the record of ${id} is open, and it does not run`),
      ...tasks
        .filter(({ id }) => !live.some((instance) => instance.id === id))
        .map(({ id }) => `${id} runs without a record`),
    ];
    return unwell.length === 0;
  };
  await waitFor('the pool to be well', WELL_WITHIN_MS, isWell).catch(() => undefined);
  return unwell;
}

async function waitFor(what: string, atMostMs: number, condition: () => Promise<boolean>): Promise<void> {
  const untilMs = Date.now() + atMostMs;
  while (!(await condition())) {
    if (Date.now() > untilMs) throw new Error(`waited ${atMostMs / 1000} s for ${what}`);
    await systemClock.sleep(250);
  }
}
