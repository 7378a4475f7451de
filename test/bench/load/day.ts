import type { Arrival } from '../../../shared/tasks/trace.ts';
import { productionScaler } from '../../../sim/backtest/production.ts';
import { simulate } from '../../../sim/backtest/simulate.ts';
import { MADE_TRACES } from '../../../sim/traces/made.ts';
import { pool } from '../../unit/build.ts';
import { isShort } from '../short.ts';

/** What a thousand pools do in a day, per second. */
export type Day = {
  readonly pools: number;
  readonly tasksPerDay: number;
  /** Agents paid for, on the mean. */
  readonly agents: number;
  readonly tasksPerSecond: number;
  readonly ticksPerSecond: number;
  /** Agents started, and changes of a desired count: the mean, and in the busiest minute. */
  readonly launches: Rate;
  readonly changes: Rate;
};

export type Rate = { readonly mean: number; readonly busiest: number };

const POOLS = 1_000;
const TASKS_OF_A_POOL = 10_000;
const DAY_SECONDS = 86_400;
/** With these a pool has about a hundred agents. */
const WORK_SECONDS = 800;
/** Pools that are simulated; each stands for as many others, which do the same at the same time. */
const SEEDS = Array.from({ length: isShort ? 1 : 20 }, (_, seed) => seed + 1);

/** Runs the scaler of production on virtual time over a day of a few pools. */
export async function simulateDay(): Promise<Day> {
  const launches = new Float64Array(DAY_SECONDS / 60);
  const changes = new Float64Array(DAY_SECONDS / 60);
  const each = POOLS / SEEDS.length;
  let paidSeconds = 0;
  let ticks = 0;
  for (const seed of SEEDS) {
    const trace = dayOf(seed);
    const model = { config: pool({ name: 'day', min: 10, max: 800, tickSeconds: 15 }), startupSeconds: 45 };
    const result = await simulate(trace, model, {
      begin: (world) =>
        productionScaler(world, ({ decision, observation }) => {
          ticks += each;
          const minute = Math.floor((observation.atMs % (DAY_SECONDS * 1000)) / 60_000);
          if (decision.kind === 'hold') return;
          changes[minute] = (changes[minute] ?? 0) + each;
          launches[minute] = (launches[minute] ?? 0) + each * Math.max(0, decision.to - decision.from);
        }),
    });
    const work = trace.reduce((sum, { durationSeconds }) => sum + durationSeconds, 0);
    paidSeconds += each * result.paidPerBusy * work;
  }
  return {
    pools: POOLS,
    tasksPerDay: POOLS * TASKS_OF_A_POOL,
    agents: paidSeconds / DAY_SECONDS,
    tasksPerSecond: (POOLS * TASKS_OF_A_POOL) / DAY_SECONDS,
    ticksPerSecond: ticks / DAY_SECONDS,
    launches: rateOf(launches),
    changes: rateOf(changes),
  };
}

/** The first day of the made workload made-diurnal, thinned to the number of tasks, with longer ones. */
function dayOf(seed: number): readonly Arrival[] {
  const made = MADE_TRACES.find(({ name }) => name === 'made-diurnal');
  if (!made) throw new Error('there is no workload made-diurnal');
  const day = made.make(seed).filter(({ atSeconds }) => atSeconds < DAY_SECONDS);
  const work = day.reduce((sum, { durationSeconds }) => sum + durationSeconds, 0) / day.length;
  return day
    .filter(
      (_, index) =>
        Math.floor((index * TASKS_OF_A_POOL) / day.length) !==
        Math.floor(((index - 1) * TASKS_OF_A_POOL) / day.length),
    )
    .map(({ atSeconds, durationSeconds }) => ({
      atSeconds,
      durationSeconds: (durationSeconds * WORK_SECONDS) / work,
    }));
}

function rateOf(perMinute: Float64Array): Rate {
  const sum = perMinute.reduce((total, count) => total + count, 0);
  return { mean: sum / DAY_SECONDS, busiest: Math.max(...perMinute) / 60 };
}
