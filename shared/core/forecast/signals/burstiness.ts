import * as z from 'zod';
import type { Due, Signal, StartupCheck } from '../signal.ts';

/** Constants: docs/decisions/0006-predictive-policy.md, which also measures what this signal is worth. */
const MEMORY_SECONDS = 86_400;
/** Tasks assumed foreseen at the start, so that one surprise doesn't count as a burst. */
const FORESEEN_TASKS = 10;

/** Sums over forecasts that came due: squared arrivals beyond the forecast, arrivals, seconds. */
const shape = z.object({ squares: z.number(), tasks: z.number(), seconds: z.number() });
export type Surprise = z.infer<typeof shape>;

/** Arrivals that no forecast saw coming. */
export const surprise: Signal<Surprise> = {
  shape,
  initial: { squares: 0, tasks: 0, seconds: 0 },
  learn: (before, { passed, due }) => due.startup.reduce(surprised, forget(before, passed.seconds)),
  gap: (state) => state,
};

/** Adds a forecast that came due. */
export function surprised(
  before: Surprise,
  { expected, came, seconds }: Pick<Due<StartupCheck>, 'expected' | 'came' | 'seconds'>,
): Surprise {
  return {
    squares: before.squares + Math.max(0, came - expected * seconds) ** 2,
    tasks: before.tasks + Math.max(0, came),
    seconds: before.seconds + seconds,
  };
}

function forget({ squares, tasks, seconds }: Surprise, passedSeconds: number): Surprise {
  const kept = Math.exp(-passedSeconds / MEMORY_SECONDS);
  return { squares: squares * kept, tasks: tasks * kept, seconds: seconds * kept };
}

/**
 * The size of the unforeseen batch that arrives within a start-up, in fleets: `Σ (arrived - expected)₊² ÷ Σ arrived`
 * (the mean unforeseen batch, as seen by the tasks in it), divided by the mean number of busy agents. 0.1 on steady
 * traffic, by chance alone; 3 when bursts of three times the usual fleet come out of nowhere.
 */
export function burstiness(
  { squares, tasks, seconds }: Surprise,
  durationSeconds: number,
  leastAgents: number,
): number {
  if (seconds === 0) return 0;
  const batch = squares / (tasks + FORESEEN_TASKS);
  const meanBusy = (tasks / seconds) * durationSeconds;
  return meanBusy === 0 ? 0 : batch / Math.max(meanBusy, leastAgents, 1);
}

/**
 * One standard deviation of a rate over the shortest horizon: chance (Poisson), or the recent unforeseen arrivals where
 * they're larger.
 */
export function rateError({ squares, tasks }: Surprise, perSecond: number, horizonSeconds: number): number {
  const unforeseen = tasks > 0 ? (2 * squares) / tasks : 1;
  return Math.sqrt((Math.max(1, unforeseen) * perSecond) / horizonSeconds);
}
