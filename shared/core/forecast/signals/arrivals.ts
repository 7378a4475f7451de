import * as z from 'zod';
import type { Signal } from '../signal.ts';

const slot = z.object({ seconds: z.number(), arrivals: z.number() });
type Slot = Readonly<z.infer<typeof slot>>;

const shape = z.object({
  /** Tasks that arrived since the forecaster started. */
  total: z.number(),
  /** Arrivals between samples, oldest first; at most as many as the longest window has. */
  slots: z.array(slot),
});
export type Arrivals = z.infer<typeof shape>;

/** How many tasks arrive. After a gap, the earlier rates stand until new samples contradict them. */
export const arrivals: Signal<Arrivals> = {
  shape,
  initial: { total: 0, slots: [] },
  learn: ({ total, slots }, { passed }) => ({
    total: total + passed.arrivals,
    slots: [...slots, { seconds: passed.seconds, arrivals: passed.arrivals }].slice(-LONGEST_WINDOW),
  }),
  gap: (state) => state,
};

/**
 * Windows in ticks, longest first: with ticks every 15 s, 10 minutes down to one tick.
 * docs/decisions/0006-predictive-policy.md compares them with other lengths.
 */
const WINDOWS = [40, 20, 10, 4, 2, 1] as const;
const LONGEST_WINDOW = WINDOWS[0];

/** A window contradicts the level when its count is this many standard deviations from what the level predicts. */
const CONTRADICTS = 3.5;

/** Arrivals per second over the longest window: the naive forecast, which every other forecast has to beat. */
export function naiveRate({ slots }: { readonly slots: readonly Slot[] }): number {
  const { arrivals: count, seconds } = lastOf(slots, LONGEST_WINDOW);
  return seconds > 0 ? count / seconds : 0;
}

/**
 * Arrivals per second over the shortest window that contradicts the level; the level itself when none does. A long
 * window is accurate while the rate is steady and lags when it changes; a short window is the reverse. So a shorter
 * window wins only when its count is further from the level than chance allows (Poisson: variance = mean).
 */
export function recentRate({ slots }: Arrivals, level: number): number {
  let rate = level;
  for (const window of WINDOWS.slice(1)) {
    const { arrivals: count, seconds } = lastOf(slots, window);
    if (seconds === 0) continue;
    const expected = rate * seconds;
    // Half a task corrects for continuity; a quarter gives zero arrivals a variance.
    if (Math.abs(count - expected) > CONTRADICTS * Math.sqrt(expected + 0.25) + 0.5) rate = count / seconds;
  }
  return rate;
}

/** Ticks over which the dispersion is measured: 4 minutes. Longer windows take a change of the rate for dispersion. */
const DISPERSION_WINDOW = 16;
/** Tasks assumed to have arrived by chance alone, so that a few tasks don't count as a burst. */
const POISSON_TASKS = 10;

/**
 * Variance ÷ mean of the arrivals in a tick, over the last few minutes: about 1 for a Poisson process, 5 or 30 for
 * bursts. Never less than 1: arrivals more regular than chance may not stay so.
 */
export function dispersion({ slots }: Arrivals): number {
  const recent = slots.slice(-DISPERSION_WINDOW);
  const { arrivals: count, seconds } = lastOf(recent, DISPERSION_WINDOW);
  if (seconds === 0) return 1;
  const squares = recent.reduce(
    (sum, each) => sum + (each.arrivals - (count * each.seconds) / seconds) ** 2,
    0,
  );
  return Math.max(1, (squares + POISSON_TASKS) / (count + POISSON_TASKS));
}

/**
 * Tasks that arrived within the last `seconds`. Between two samples they're taken to arrive evenly. Of a time longer than
 * the longest window, the rate in that window is assumed.
 */
export function arrivedWithin(slots: readonly Slot[], seconds: number): number {
  let sum = 0;
  let left = seconds;
  for (const each of slots.toReversed()) {
    if (left <= 0) break;
    sum += each.arrivals * Math.min(1, left / each.seconds);
    left -= each.seconds;
  }
  const isLonger = left > 0 && slots.length >= LONGEST_WINDOW;
  return Math.max(0, isLonger ? (sum * seconds) / (seconds - left) : sum);
}

/** Seconds covered by the known arrivals. */
export function observedSeconds({ slots }: Arrivals): number {
  return slots.reduce((sum, { seconds }) => sum + seconds, 0);
}

/** The sum of the last `count` slots; never fewer than zero arrivals. */
function lastOf(slots: readonly Slot[], count: number): Slot {
  let sum = 0;
  let seconds = 0;
  for (let index = Math.max(0, slots.length - count); index < slots.length; index++) {
    const each = slots[index] as Slot;
    sum += each.arrivals;
    seconds += each.seconds;
  }
  return { arrivals: Math.max(0, sum), seconds };
}
