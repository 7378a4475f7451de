import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startLocalStack } from '../../local/stack.ts';
import { dynamoClient, ecsClient, sqsClient } from '../../shared/aws/clients.ts';
import { systemClock } from '../../shared/aws/clock.ts';
import { dynamoDecisions } from '../../shared/aws/dynamo-decisions.ts';
import { dynamoHistory } from '../../shared/aws/dynamo-history.ts';
import { dynamoPoolStore } from '../../shared/aws/dynamo-pool-store.ts';
import { ecsFleet } from '../../shared/aws/ecs-fleet.ts';
import { packMinutes } from '../../shared/aws/minutes-codec.ts';
import { openPool } from '../../shared/aws/open-pool.ts';
import { sqsQueue } from '../../shared/aws/sqs-queue.ts';
import { decide } from '../../shared/core/decide.ts';
import { forecast } from '../../shared/core/forecast/forecaster.ts';
import { seasonAt } from '../../shared/core/forecast/season-at.ts';
import type { ForecastState } from '../../shared/core/forecast/signals.ts';
import { known } from '../../shared/core/observation.ts';
import type { AgentInstance } from '../../shared/core/pool/agent-instance.ts';
import { bucketOf } from '../../shared/core/pool/minutes.ts';
import { AUTOMATIC, INITIAL_STATE, type PoolState } from '../../shared/core/pool/state.ts';
import { summarize } from '../../shared/core/summarize-agents.ts';
import { type TickPorts, tick } from '../../shared/runtime/tick.ts';
import { residentKibibytes } from '../processes.ts';
import { instance, pool } from '../unit/build.ts';
import { isShort } from './short.ts';

/** `npm run bench`: AWS calls of a tick, time of the pure part, memory of a worker. */
const MEBIBYTE = 1024 * 1024;
const WORKER_TASKS = isShort ? 10 : 200;

console.log('pure part of a tick (summing up records and 14 days of history, forecasting, deciding)');
for (const agents of isShort ? [10] : [10, 100, 1_000]) {
  console.log(
    `  ${String(agents).padStart(5)} agents: ${pureMilliseconds(agents).toFixed(3)} ms, median of 200`,
  );
}

const logDirectory = await mkdtemp(join(tmpdir(), 'agentpool-bench-'));
const stack = await startLocalStack({
  pools: [{ name: 'bench', handler: './agent/handlers/echo.ts', min: 1, pollSeconds: 1 }],
  startDelayMs: 1,
  logDirectory,
  scheduled: false,
});
try {
  const { client } = openPool(stack.outputs, 'bench');
  for (let index = 0; index < WORKER_TASKS; index++) {
    await client.waitForTask(await client.sendTask({ payload: index, contextId: `c-${index}` }), 30_000);
  }
  const [worker] = [...stack.ecs.scheduler.tasks.values()].filter((task) => task.lastStatus === 'RUNNING');
  const kibibytes = residentKibibytes(worker?.process?.pid ?? 0);
  console.log(
    `worker with an empty handler, after ${WORKER_TASKS} tasks: ${Math.round(kibibytes / 1024)} MB resident`,
  );

  console.log('AWS calls of a tick that changes nothing');
  const fleets: [agents: number, slots: number][] = isShort
    ? [
        [10, 1],
        [100, 16],
      ]
    : [
        [10, 1],
        [1_000, 1],
        [1_000, 16],
        [5_000, 1],
      ];
  for (const [agents, slots] of fleets) {
    const { calls, bytes } = await measureTick(agents, slots);
    const per = Math.round(bytes / agents);
    console.log(
      `  ${String(agents).padStart(5)} agents of ${slots} slot(s): ${calls} calls (records of ${per} bytes, ${(bytes / MEBIBYTE).toFixed(1)} MB)`,
    );
  }
} finally {
  await stack.close();
  await rm(logDirectory, { recursive: true });
}

function pureMilliseconds(agents: number): number {
  const nowMs = Date.now();
  const config = pool({ max: 5_000 });
  const instances = Array.from({ length: agents }, (_, index) => record(index, nowMs));
  const fleet = { desired: agents, running: agents, pending: 0, revision: 'agents:1' };
  const today = Math.floor(nowMs / 86_400_000);
  const history = Array.from({ length: 14 }, (_, back) => ({
    day: today - 1 - back,
    arrivals: Array.from({ length: 1440 }, (_minute, minute) => minute % 60),
  }));
  let warm: PoolState | undefined;
  const times = Array.from({ length: 201 }, () => {
    const start = performance.now();
    const seen = summarize(instances, 0, { nowMs, config, generation: 0, fleet });
    const queue = known({ visible: agents, inFlight: agents, delayed: 0 }, nowMs);
    const season = known(seasonAt(history, nowMs), nowMs);
    const observation = {
      pool: 'bench',
      atMs: nowMs,
      queue,
      fleet: known(fleet, nowMs),
      agents: known(seen, nowMs),
      season,
      neighbours: known([], nowMs),
      limits: known([], nowMs),
    };
    let before: ForecastState | undefined;
    if (warm === undefined) {
      for (let ago = 60; ago > 0; ago--) {
        before = forecast({ ...observation, atMs: nowMs - ago * 15_000 }, before, config).next;
      }
      warm = { ...INITIAL_STATE, ...(before && { forecast: before }) };
      return 0;
    }
    decide({ observation, state: warm, mode: AUTOMATIC, config });
    return performance.now() - start;
  });
  return times.toSorted((a, b) => a - b)[101] as number;
}

/** An agent of a busy pool: with every field, and tasks in each of its last 15 minutes; with several slots, all used. */
function record(index: number, nowMs: number, slots = 1): AgentInstance {
  const tasks = slots > 1 || index % 2 === 0 ? slots : 0;
  const minute = Math.floor(nowMs / 60_000);
  return instance({
    id: randomUUID().replaceAll('-', ''),
    revision: 'agentpool-agents:12',
    status: tasks > 0 ? 'busy' : 'ready',
    statusSinceMs: nowMs,
    launchedAtMs: nowMs,
    readyAtMs: nowMs,
    heartbeatAtMs: nowMs,
    lastUsedAtMs: nowMs,
    slots,
    tasks: Object.fromEntries(Array.from({ length: tasks }, () => [randomUUID(), nowMs])),
    contextBytes: 40_000,
    warmContexts: Array.from({ length: 4 }, () => randomUUID()),
    minutes: Array.from({ length: 15 }, (_, age) =>
      bucketOf(minute - age, {
        started: 4,
        queueWaitMs: 12_000,
        late: 1,
        completed: 4,
        durationMs: 59_000,
        contextBytes: 160_000,
      }),
    ),
  });
}

async function measureTick(agents: number, slots: number): Promise<{ calls: number; bytes: number }> {
  const config = pool({ name: `bench-${agents}-${slots}`, min: agents, max: agents, concurrency: slots });
  let calls = 0;
  let bytes = 0;
  const count = <Client extends { middlewareStack: { add: (...args: never[]) => void } }>(
    client: Client,
  ): Client => {
    const counting = (next: (args: unknown) => Promise<unknown>) => (args: unknown) => {
      calls += 1;
      return next(args);
    };
    client.middlewareStack.add(counting as never, { step: 'deserialize', name: 'count' } as never);
    return client;
  };
  const { pool: deployed, table } = openPool(stack.outputs, 'bench');
  const filling = dynamoPoolStore(table, config.name);
  const nowMs = Date.now();
  for (let start = 0; start < agents; start += 50) {
    const batch = Array.from({ length: Math.min(50, agents - start) }, (_, index) =>
      record(start + index, nowMs, slots),
    );
    await Promise.all(batch.map((each) => filling.register({ ...each, pool: config.name })));
  }
  bytes = agents * itemBytes(config.name, { nowMs, slots });
  const dynamo = count(dynamoClient());
  const ecs = count(ecsClient());
  const { clusterName } = stack.outputs;
  const ports: TickPorts = {
    queue: sqsQueue(count(sqsClient()), deployed),
    store: dynamoPoolStore({ dynamo, table: table.table }, config.name),
    decisions: dynamoDecisions({ dynamo, table: table.table }, config.name),
    history: dynamoHistory({ dynamo, table: table.table }, config.name, systemClock),
    neighbours: { read: async () => [] },
    limits: { read: async () => new Map() },
    fleet: {
      ...ecsFleet(ecs, { cluster: clusterName, service: deployed.service }),
      // The call is made; its answer is that of a service of this size.
      async read() {
        const seen = await ecsFleet(ecs, { cluster: clusterName, service: deployed.service }).read();
        return { ...seen, desired: agents, running: agents, pending: 0 };
      },
    },
    clock: systemClock,
    telemetry: {
      tick: () => {},
      tickFailed: () => {},
      leaseTaken: () => {},
      settingsLeftOut: () => {},
      historyNotSaved: () => {},
      reapFailed: () => {},
    },
  };
  // The first tick reads the history, which is then cached for an hour.
  await tick(ports, config, 'bench');
  calls = 0;
  const result = await tick(ports, config, 'bench');
  if (result.kind !== 'ticked' || result.record.decision.kind !== 'hold')
    throw new Error('the tick did not hold');
  return { calls, bytes };
}

/** As DynamoDB counts: names and text by their bytes, a number by half of its digits. */
function itemBytes(
  name: string,
  { nowMs, slots }: { readonly nowMs: number; readonly slots: number },
): number {
  const { pool: _pool, id, minutes, ...fields } = record(0, nowMs, slots);
  const size = (value: unknown): number => {
    if (typeof value === 'string') return value.length;
    if (value instanceof Uint8Array) return value.length;
    if (typeof value === 'number') return Math.ceil(String(value).length / 2) + 1;
    if (Array.isArray(value)) return value.reduce<number>((sum, part) => sum + size(part) + 1, 3);
    const entries = Object.entries(value as object);
    return entries.reduce((sum, [key, part]) => sum + key.length + size(part) + 1, 3);
  };
  const keys = { pk: `POOL#${name}#AGENTS`, sk: `AGENT#${id}` };
  const attributes = Object.entries({ ...keys, ...fields, minutes: packMinutes(minutes) });
  return attributes.reduce((sum, [key, value]) => sum + key.length + size(value), 0);
}
