// Covers: sim/backtest/world.ts, sim/backtest/production.ts, sim/production.ts
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decidedCount } from '../../shared/core/decision.ts';
import type { DecisionRecord } from '../../shared/core/decision-record.ts';
import type { Telemetry } from '../../shared/ports/scaler-telemetry.ts';
import { tick } from '../../shared/runtime/tick.ts';
import type { Arrival } from '../../shared/tasks/trace.ts';
import { memoryContexts } from '../../sim/aws/context-stores.ts';
import { DynamoRecords } from '../../sim/aws/dynamo-records.ts';
import { EcsService } from '../../sim/aws/ecs-service.ts';
import { SqsQueue } from '../../sim/aws/sqs-queue.ts';
import { BILLED_AT_LEAST_SECONDS } from '../../sim/backtest/model.ts';
import { productionScaler } from '../../sim/backtest/production.ts';
import { World } from '../../sim/backtest/world.ts';
import { Engine, Process } from '../../sim/engine.ts';
import { clientOf, DIRECT, type Services, scalerPorts, startAgent } from '../../sim/production.ts';
import { pool } from '../unit/build.ts';

/**
 * The backtest counts agents and messages in bulk, so that 241,001 tasks take seconds. This holds it to production's
 * own worker over the simulated services, which take a thousand times as long: what it says of waits, decisions and
 * cost has to be what they do.
 */
const STARTUP_SECONDS = 45;
const config = pool({ name: 'sim', min: 2, max: 60, taskTimeoutSeconds: 600, pollSeconds: 20 });

type Run = {
  readonly waits: readonly number[];
  /** Desired count at each tick. */
  readonly desired: readonly number[];
  readonly paidSeconds: number;
};

async function inBulk(trace: readonly Arrival[]): Promise<Run> {
  const world = new World(trace, { config, startupSeconds: STARTUP_SECONDS });
  const desired: number[] = [];
  const scaler = productionScaler(world, (record) => void desired.push(countOf(record)));
  for (let at = 0; ; ) {
    world.advance(at);
    if (world.isDone) break;
    at += await scaler.tick();
  }
  world.finish();
  return { waits: [...world.waits], desired, paidSeconds: world.account.paidSeconds };
}

async function inProcesses(trace: readonly Arrival[]): Promise<Run> {
  const engine = new Engine(1);
  const records = new DynamoRecords();
  const queue = new SqsQueue(engine, { ordering: config.ordering });
  const forget: (() => void)[] = [];
  const agentHandler = (process: Process) => async (task: { payload: unknown }) => {
    await process.clock.sleep(1_000 * (task.payload as number));
    return { result: null };
  };
  const service: EcsService = new EcsService(
    engine,
    {
      run(task, exited) {
        const process = new Process(engine, task.id, () => service.kill(task));
        const handler = agentHandler(process);
        const agent = startAgent(services, { process, network: DIRECT, task }, { handler, ended: exited });
        forget.push(agent.forget);
        return agent;
      },
      stopping: () => {},
      stopped: () => {},
    },
    // ECS takes some seconds to notice a new count as well.
    { desired: config.min, placementMs: [1_000 * STARTUP_SECONDS - 3_000, 1_000 * STARTUP_SECONDS - 2_000] },
  );
  const services: Services = {
    config,
    queue,
    records,
    service,
    contexts: memoryContexts(() => engine.nowMs),
  };
  service.reconcileSoon();
  const isReady = () =>
    [...records.instances.values()].filter(({ status }) => status === 'ready').length === config.min;
  await engine.runUntil(600, isReady);
  const beganAt = engine.seconds;
  const paidBefore = service.agentSeconds();

  const client = clientOf(services, { process: new Process(engine, 'client'), network: DIRECT });
  for (const [index, { atSeconds, durationSeconds }] of trace.entries()) {
    engine.after(
      1_000 * atSeconds,
      () => void client.sendTask({ id: `t${index}`, payload: durationSeconds }),
    );
  }
  const desired: number[] = [];
  const ports = scalerPorts(services, {
    process: new Process(engine, 'scaler'),
    network: DIRECT,
    telemetry: telemetryOf((record) => desired.push(countOf(record))),
  });
  const isDone = () => started(records).length === trace.length;
  const tickOn = () => {
    if (isDone()) return;
    void tick(ports, config, 'scaler');
    engine.after(1_000 * config.tickSeconds, tickOn);
  };
  tickOn();
  await engine.runUntil(beganAt + 7_200, isDone);
  const paidSeconds = service.tasks.reduce((sum, { createdAtMs, stoppedAtMs = engine.nowMs }) => {
    return sum + Math.max(BILLED_AT_LEAST_SECONDS, (stoppedAtMs - createdAtMs) / 1000);
  }, 0);
  for (const each of forget) each();
  const waits = started(records).map(
    ({ startedAtMs = 0, sentAtMs }) => Math.max(0, startedAtMs - sentAtMs) / 1000,
  );
  return { waits, desired, paidSeconds: paidSeconds - paidBefore - config.min * STARTUP_SECONDS };
}

function started(records: DynamoRecords) {
  return [...records.tasks.values()].filter(({ startedAtMs }) => startedAtMs !== undefined);
}

function telemetryOf(ticked: (record: DecisionRecord) => void): Telemetry {
  const fail = (_pool: string, error: unknown) => {
    throw error;
  };
  return {
    tick: ticked,
    tickFailed: fail,
    leaseTaken: () => {},
    settingsLeftOut: () => {},
    historyNotSaved: fail,
    reapFailed: fail,
  };
}

const countOf = ({ decision }: DecisionRecord) => decidedCount(decision) ?? 0;
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Poisson arrivals whose rate is given for each of a few stretches of ten minutes; exponential durations. */
function poisson(perSecond: readonly number[], meanSeconds: number, seed: number): readonly Arrival[] {
  let state = seed;
  const chance = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state + 1) / 2 ** 32;
  };
  const trace: Arrival[] = [];
  for (let at = -Math.log(chance()); ; at -= Math.log(chance()) / (perSecond[Math.floor(at / 600)] ?? 1)) {
    if (at >= 600 * perSecond.length) return trace;
    trace.push({ atSeconds: at, durationSeconds: -meanSeconds * Math.log(chance()) });
  }
}

test.each([
  ['steady traffic', poisson([0.6, 0.6, 0.6], 20, 1)],
  ['a rise and a fall', poisson([0.2, 1.2, 0.3], 20, 2)],
  ['short tasks', poisson([2, 2], 3, 3)],
  ['long tasks', poisson([0.1, 0.1, 0.1], 90, 4)],
])('the backtest and production agree on %s: on waits, decisions and cost', async (_what, trace) => {
  const [bulk, processes] = [await inBulk(trace), await inProcesses(trace)];
  expect(processes.waits).toHaveLength(trace.length);
  const onTime = ({ waits }: Run) => mean(waits.map((wait) => (wait <= 30 ? 1 : 0)));
  expect(Math.abs(onTime(processes) - onTime(bulk))).toBeLessThan(0.02);
  expect(Math.abs(mean(processes.waits) - mean(bulk.waits))).toBeLessThan(1);
  const ticks = Math.min(bulk.desired.length, processes.desired.length);
  const apart = bulk.desired
    .slice(0, ticks)
    .map((count, index) => Math.abs(count - (processes.desired[index] ?? 0)));
  // The margin follows from the tasks that were late in each, so counts and cost differ by more than the worlds do.
  expect(mean(apart)).toBeLessThan(3);
  expect(processes.paidSeconds / bulk.paidSeconds).toBeGreaterThan(0.85);
  expect(processes.paidSeconds / bulk.paidSeconds).toBeLessThan(1.12);
});

test('a trace of a few tasks leaves no task behind in either', async () => {
  const arrivals = fc.array(
    fc.record({ gap: fc.nat(60), durationSeconds: fc.integer({ min: 1, max: 120 }) }),
    { minLength: 1, maxLength: 8 },
  );
  await fc.assert(
    fc.asyncProperty(arrivals, async (gaps) => {
      const trace: Arrival[] = [];
      for (const { gap, durationSeconds } of gaps)
        trace.push({ atSeconds: (trace.at(-1)?.atSeconds ?? 0) + gap, durationSeconds });
      const [bulk, processes] = [await inBulk(trace), await inProcesses(trace)];
      expect([bulk.waits.length, processes.waits.length]).toEqual([trace.length, trace.length]);
    }),
    { numRuns: 10 },
  );
});
