import * as z from 'zod';
import type { Signal } from '../signal.ts';

const slot = z.object({ seconds: z.number(), arrivals: z.number() });
type Slot = z.infer<typeof slot>;

const shape = z.object({
  /** Tasks that have arrived since the forecaster started. */
  total: z.number(),
  /** Arrivals between samples, oldest first, at most as many as the longest window has. */
  slots: z.array(slot),
});
export type Arrivals = z.infer<typeof shape>;

/** How many tasks arrive. After a gap the rates of before it stand until new samples contradict them. */
export const arrivals: Signal<Arrivals> = {
  shape,
  initial: { total: 0, slots: [] },
  learn: ({ total, slots }, { passed }) => ({
    total: total + passed.arrivals,
    slots: [...slots, { seconds: passed.seconds, arrivals: passed.arrivals }].slice(-LONGEST_WINDOW),
  }),
  gap: (state) => state,
};

/** Windows in ticks, the longest first. With ticks every 15 s: 10 min, 5 min, …, one tick. */
const WINDOWS = [40, 20, 10, 4, 2, 1] as const;
const LONGEST_WINDOW = WINDOWS[0];

/** A window contradicts the level when its count is this many standard deviations away from what the level gives. */
const CONTRADICTS = 3.5;

/** Arrivals per second over the longest window: the naive forecast, which every other one has to beat. */
export function naiveRate({ slots }: Arrivals): number {
  const { arrivals: count, seconds } = lastOf(slots, LONGEST_WINDOW);
  return seconds > 0 ? count / seconds : 0;
}

/**
 * Arrivals per second over the shortest window that contradicts the level; the level itself when none does. A long
 * window is exact while the rate is steady and late when it changes, a short one the reverse; so each shorter window is
 * believed only when the level cannot explain it, its count being further away than chance (Poisson: variance = mean)
 * would put it.
 */
export function recentRate({ slots }: Arrivals, level: number): number {
  let rate = level;
  for (const window of WINDOWS.slice(1)) {
    const { arrivals: count, seconds } = lastOf(slots, window);
    if (seconds === 0) continue;
    const expected = rate * seconds;
    // Half a task for continuity, a quarter so that silence has a variance too.
    if (Math.abs(count - expected) > CONTRADICTS * Math.sqrt(expected + 0.25) + 0.5) rate = count / seconds;
  }
  return rate;
}

/** Seconds that the arrivals are known for. */
export function observedSeconds({ slots }: Arrivals): number {
  return slots.reduce((sum, { seconds }) => sum + seconds, 0);
}

/** The sum of the last `count` slots; arrivals are never less than none. */
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
