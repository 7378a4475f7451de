import type { Fit, Slot } from './state.ts';

/** Arrivals per second, by two estimates that differ when the rate has just changed. */
export type Rates = {
  /** Over the longest window: the naive forecast, which every other one has to beat. */
  readonly naive: number;
  /** The long-term level: the naive rate, or the blend of it with a season that has beaten it. */
  readonly steady: number;
  /** Over the shortest window that contradicts the level; the level itself when none does. */
  readonly recent: number;
};

/** Windows in looks, the longest first. With looks every 15 s: 10 min, 5 min, …, one sample. */
const WINDOWS = [40, 20, 10, 4, 2, 1] as const;
export const LONGEST_WINDOW = WINDOWS[0];

/** A window contradicts the level when its count is this many standard deviations away from what the level gives. */
const CONTRADICTS = 3.5;

export function naiveRate(slots: readonly Slot[]): number {
  const { arrivals, seconds } = lastOf(slots, LONGEST_WINDOW);
  return seconds > 0 ? arrivals / seconds : 0;
}

/**
 * The rate that the latest arrivals speak for. A long window is exact while the rate is steady and late when it
 * changes, a short one the reverse; so each shorter window is believed only when the level cannot explain it,
 * its count being further away than chance (Poisson: variance = mean) would put it.
 */
export function recentRate(slots: readonly Slot[], level: number): number {
  let rate = level;
  for (const window of WINDOWS.slice(1)) {
    const { arrivals, seconds } = lastOf(slots, window);
    if (seconds === 0) continue;
    const expected = rate * seconds;
    // Half a task for continuity, a quarter so that silence has a variance too.
    if (Math.abs(arrivals - expected) > CONTRADICTS * Math.sqrt(expected + 0.25) + 0.5)
      rate = arrivals / seconds;
  }
  return rate;
}

/** The share, 0 to 1, of a sudden change that has been seen to last until forecasts came due. */
export function persistence({ xy, xx }: Fit): number {
  return Math.min(1, Math.max(0, xy / xx));
}

/** The sum of the last `count` slots; arrivals are never less than none. */
function lastOf(slots: readonly Slot[], count: number): Slot {
  let arrivals = 0;
  let seconds = 0;
  for (let index = Math.max(0, slots.length - count); index < slots.length; index++) {
    const slot = slots[index] as Slot;
    arrivals += slot.arrivals;
    seconds += slot.seconds;
  }
  return { arrivals: Math.max(0, arrivals), seconds };
}
