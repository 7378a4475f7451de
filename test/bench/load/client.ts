import { readFile } from 'node:fs/promises';
import { createShutdown } from '../../../agent/agent.ts';
import type { AgentHandler } from '../../../agent/handler.ts';
import { agentLimits } from '../../../agent/limits/agent-limits.ts';
import { processLoad } from '../../../agent/process-load.ts';
import { runAgent } from '../../../agent/worker.ts';
import { ecsClient, s3Client, sqsClient } from '../../../shared/aws/clients.ts';
import { systemClock } from '../../../shared/aws/clock.ts';
import { dynamoContexts } from '../../../shared/aws/dynamo-contexts.ts';
import { dynamoDecisions } from '../../../shared/aws/dynamo-decisions.ts';
import { dynamoHistory } from '../../../shared/aws/dynamo-history.ts';
import { dynamoLimitStore } from '../../../shared/aws/dynamo-limit-store.ts';
import { dynamoPoolStore } from '../../../shared/aws/dynamo-pool-store.ts';
import { dynamoTaskStore } from '../../../shared/aws/dynamo-task-store.ts';
import { ecsFleet } from '../../../shared/aws/ecs-fleet.ts';
import { openForSending as awsTaskClient } from '../../../shared/aws/open-for-sending.ts';
import { s3Objects } from '../../../shared/aws/s3-objects.ts';
import { sqsQueue } from '../../../shared/aws/sqs-queue.ts';
import { parseStackOutputs } from '../../../shared/aws/stack-outputs.ts';
import { contexts } from '../../../shared/contexts/contexts.ts';
import type { PoolConfig } from '../../../shared/core/pool/config.ts';
import { BATCH } from '../../../shared/ports/task-queue.ts';
import { type TickPorts, tick } from '../../../shared/runtime/tick.ts';
import { instance, pool } from '../../unit/build.ts';
import { countingDynamo, type Units } from '../cost/usage.ts';
import { isShort } from '../short.ts';
import { type Call, countByOperation, noting, replay } from './calls.ts';

/**
 * The side of `npm run bench:load` that calls: a process of its own, so that the emulators' work is not counted with the
 * project's. Sends what it measured over IPC.
 */
export type Measured = {
  /** Times are milliseconds of the wall and of this process's CPU, for the project and for its calls alone. */
  readonly worker: Compared & { readonly tasks: number };
  readonly ticks: Compared & { readonly ticks: number; readonly pools: number };
  /** Of a turn of a conversation with what its client does, and of a tick over a hundred agents. */
  readonly callsOfTask: Readonly<Record<string, number>>;
  /** Request units of DynamoDB. */
  readonly unitsOfTask: Units;
  readonly unitsOfTick: Units;
  /** Heap in use, in bytes, after a number of ticks. */
  readonly heap: readonly { readonly ticks: number; readonly bytes: number }[];
};

export type Compared = { readonly project: Spent; readonly alone: Spent };
export type Spent = { readonly wallMs: number; readonly cpuMs: number };

const TASKS = isShort ? 50 : 500;
const POOLS = isShort ? 4 : 100;
const AGENTS = 100;
const ROUNDS = 3;
/** Pools that are ticked concurrently. */
const AT_ONCE = 10;
const MANY_TICKS = isShort ? 100 : 10_000;

const [, , outputsFile = ''] = process.argv;
const outputs = parseStackOutputs(
  (JSON.parse(await readFile(outputsFile, 'utf8')) as { Agentpool: Record<string, string> }).Agentpool,
);
const [deployed] = outputs.pools;
if (!deployed) throw new Error('the stack has no pool');
const noted: Call[] = [];
const counted = countingDynamo();
const dynamo = noting(counted.dynamo, noted);
const sqs = noting(sqsClient(), noted);
const ecs = noting(ecsClient(), noted);
const s3 = noting(s3Client(), noted);
const table = { dynamo, table: outputs.tableName };
const objects = s3Objects(s3, outputs.bucketName);
const queue = sqsQueue(sqs, deployed);
const client = awsTaskClient({
  pool: deployed.name,
  queueUrl: deployed.queueUrl,
  tableName: outputs.tableName,
  bucketName: outputs.bucketName,
});

const measured: Measured = {
  worker: await measureWorker(),
  ...(await measureTurns()),
  ...(await measureTicks()),
  heap: await measureHeap(),
};
process.send?.(measured);

/** Empty handler, no context: nothing but the way of a task through a worker. */
async function measureWorker(): Promise<Measured['worker']> {
  await work(50, () => ({ payload: null }));
  const { spent: project, calls } = await work(TASKS, () => ({ payload: null }));
  // Messages to receive again.
  await client.sendTasks(Array.from({ length: TASKS }, () => ({ payload: null })));
  const alone = await spend(() => replay(calls));
  await queueIsEmpty();
  return { tasks: TASKS, project, alone };
}

async function measureTurns(): Promise<Pick<Measured, 'callsOfTask' | 'unitsOfTask'>> {
  const turns = 100;
  counted.take();
  const { calls } = await work(turns, (index) => ({ payload: 'a question', contextId: `c-${index % 10}` }));
  const { writes, reads } = counted.take();
  const counts = Object.entries(countByOperation(calls));
  return {
    callsOfTask: Object.fromEntries(counts.map(([name, count]) => [name, count / turns])),
    // Its client writes the record, and reads it once at least.
    unitsOfTask: { writes: writes / turns + 1, reads: reads / turns + 1 },
  };
}

/** Runs one worker until it has done `count` tasks, which are queued before it starts. */
async function work(count: number, task: (index: number) => { payload: unknown; contextId?: string }) {
  await client.sendTasks(Array.from({ length: count }, (_, index) => task(index)));
  const shutdown = createShutdown();
  const name = (deployed as { name: string }).name;
  let attempted = 0;
  let calls: Call[] = [];
  const handler: AgentHandler = async () => ({ result: null, context: { turns: 1 } });
  const agentId = `agent-${process.hrtime.bigint()}`;
  noted.length = 0;
  const spent = await spend(() =>
    runAgent({
      config: pool({ name, pollSeconds: 1, cooldownSeconds: 0 }),
      identity: { id: agentId, revision: 'agents:1', launchedAtMs: Date.now() },
      loadHandler: async () => handler,
      shutdown,
      ports: {
        queue,
        delegates: () => undefined,
        limits: agentLimits([], {
          store: dynamoLimitStore(table),
          clock: systemClock,
          log: { warn: () => {} },
        }),
        uploads: shutdown.interrupt,
        store: dynamoPoolStore(table, name),
        tasks: dynamoTaskStore(table, name),
        contexts: contexts(name, {
          store: dynamoContexts(table, name, systemClock),
          objects,
          clock: systemClock,
        }),
        objects,
        prefetch: async () => {},
        load: processLoad(256),
        protection: { protect: async () => true, release: async () => {} },
        clock: systemClock,
        log: { info: () => {}, warn: () => {} },
        telemetry: {
          started: () => {},
          attempted: () => {
            attempted += 1;
            if (attempted < count) return;
            calls = [...noted];
            shutdown.request('SIGTERM');
          },
        },
      },
    }),
  );
  return { spent, calls };
}

async function measureTicks(): Promise<Pick<Measured, 'ticks' | 'unitsOfTick'>> {
  const pools = Array.from({ length: POOLS }, (_, index) => tickedPool(`load-${index}`, AGENTS));
  for (const { ports, config } of pools) await register(ports, config, AGENTS);
  const round = () => inBatches(pools, AT_ONCE, ({ ports, config }) => tick(ports, config, 'load'));
  // The forecaster's memory fills, and the history is read.
  for (let warmUp = 0; warmUp < 3; warmUp++) await round();
  noted.length = 0;
  counted.take();
  const project = await spend(async () => {
    for (let each = 0; each < ROUNDS; each++) await round();
  });
  const calls = [...noted];
  const { writes, reads } = counted.take();
  const ticks = ROUNDS * POOLS;
  const alone = await spend(() =>
    Promise.all(
      Array.from({ length: AT_ONCE }, (_, lane) =>
        replay(calls.filter((_call, index) => index % AT_ONCE === lane)),
      ),
    ),
  );
  return {
    ticks: { ticks, pools: POOLS, project, alone },
    unitsOfTick: { writes: writes / ticks, reads: reads / ticks },
  };
}

async function measureHeap(): Promise<Measured['heap']> {
  const { ports, config } = tickedPool('many', 10);
  await register(ports, config, 10);
  const heap: { ticks: number; bytes: number }[] = [];
  for (let ticks = 1; ticks <= MANY_TICKS; ticks++) {
    await tick(ports, config, 'load');
    noted.length = 0;
    if (ticks % (MANY_TICKS / 10) !== 0) continue;
    globalThis.gc?.();
    heap.push({ ticks, bytes: process.memoryUsage().heapUsed });
  }
  return heap;
}

function tickedPool(name: string, agents: number): { ports: TickPorts; config: PoolConfig } {
  const config = pool({ name, min: agents, max: 2 * agents });
  const ignore = () => {};
  const fleet = ecsFleet(ecs, {
    cluster: outputs.clusterName,
    service: (deployed as { service: string }).service,
  });
  return {
    config,
    ports: {
      queue,
      store: dynamoPoolStore(table, name),
      decisions: dynamoDecisions(table, name),
      history: dynamoHistory(table, name, systemClock),
      neighbours: { read: async () => [] },
      limits: { read: async () => new Map() },
      // The service is one for all, and has no tasks: it is read, and taken for what the pool's would be.
      fleet: {
        ...fleet,
        read: async () => ({ ...(await fleet.read()), desired: agents, running: agents }),
        setDesiredCount: async () => {},
      },
      clock: systemClock,
      telemetry: {
        tick: ignore,
        tickFailed: ignore,
        leaseTaken: ignore,
        settingsLeftOut: ignore,
        historyNotSaved: ignore,
        reapFailed: ignore,
      },
    },
  };
}

async function register({ store }: TickPorts, { name }: PoolConfig, count: number): Promise<void> {
  // Alive for as long as this takes.
  const heartbeatAtMs = Date.now() + 3_600_000;
  const agents = Array.from({ length: count }, (_, index) =>
    instance({ pool: name, id: `${index}`.padStart(32, '0'), heartbeatAtMs }),
  );
  await inBatches(agents, 20, (agent) => store.register(agent));
}

async function inBatches<T>(values: readonly T[], size: number, run: (value: T) => Promise<unknown>) {
  for (let at = 0; at < values.length; at += size) {
    await Promise.all(values.slice(at, at + size).map(run));
  }
}

async function queueIsEmpty(): Promise<void> {
  for (;;) {
    const messages = await queue.receive(0, 30, BATCH);
    if (messages.length === 0) return;
    for (const message of messages) await queue.acknowledge(message);
  }
}

async function spend(run: () => Promise<unknown>): Promise<Spent> {
  const cpu = process.cpuUsage();
  const startMs = performance.now();
  await run();
  const { user, system } = process.cpuUsage(cpu);
  return { wallMs: performance.now() - startMs, cpuMs: (user + system) / 1000 };
}
