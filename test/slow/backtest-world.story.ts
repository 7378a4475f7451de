// Covers: sim/backtest/world.ts, sim/backtest/production.ts, sim/production.ts
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Arrival } from '../../shared/tasks/trace.ts';
import { productionScaler } from '../../sim/backtest/production.ts';
import { World } from '../../sim/backtest/world.ts';
import { countOf, mean, poisson, runLive, STARTUP_SECONDS } from '../simulation/live-pool.ts';
import { pool } from '../unit/build.ts';

/**
 * The backtest counts agents and messages in bulk, so that 241,001 tasks take seconds. This holds it to production's
 * own worker over the simulated services, which take a thousand times as long: what it says of waits, decisions and
 * cost has to be what they do.
 */
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
  const sent = trace.map(({ atSeconds, durationSeconds }) => ({ atSeconds, payload: durationSeconds }));
  const handler = (
    { payload }: { payload: unknown },
    { sleep }: { sleep: (seconds: number) => Promise<void> },
  ) => sleep(payload as number);
  const run = await runLive(config, { sent, handler });
  return { ...run, desired: run.decisions.map(countOf) };
}

/** A pool that begins with two agents amplifies every second of difference, so runs are compared over a few seeds. */
const SEEDS = [1, 2, 3, 4];

test.each([
  ['steady traffic', [0.6, 0.6], 20],
  ['a rise and a fall', [0.2, 1.2, 0.3], 20],
  ['short tasks', [2, 2], 3],
  ['long tasks', [0.1, 0.1, 0.1], 90],
])(
  'the backtest and production agree on %s: on waits, decisions and cost',
  async (_what, rates, duration) => {
    const traces = SEEDS.map((seed) => poisson(rates, duration, seed));
    const bulk = await Array.fromAsync(traces, inBulk);
    const processes = await Array.fromAsync(traces, inProcesses);
    expect(processes.map(({ waits }) => waits.length)).toEqual(traces.map(({ length }) => length));
    const over = (runs: readonly Run[], of: (run: Run) => number) => mean(runs.map(of));
    const onTime = ({ waits }: Run) => mean(waits.map((wait) => (wait <= 30 ? 1 : 0)));
    expect(Math.abs(over(processes, onTime) - over(bulk, onTime))).toBeLessThan(0.02);
    const wait = ({ waits }: Run) => mean(waits);
    expect(Math.abs(over(processes, wait) - over(bulk, wait))).toBeLessThan(0.5);
    const apart = bulk.flatMap(({ desired }, run) =>
      desired.map((count, tick) => Math.abs(count - (processes[run]?.desired[tick] ?? count))),
    );
    expect(mean(apart)).toBeLessThan(1.5);
    const paid = ({ paidSeconds }: Run) => paidSeconds;
    expect(over(processes, paid) / over(bulk, paid)).toBeGreaterThan(0.94);
    expect(over(processes, paid) / over(bulk, paid)).toBeLessThan(1.12);
  },
);

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
