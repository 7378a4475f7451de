import * as z from 'zod';
import type { Signal } from '../signal.ts';

/** Sums of a regression through zero: slope = `xy` ÷ `xx`. */
const fit = z.object({ xy: z.number(), xx: z.number() });
type Fit = z.infer<typeof fit>;

const shape = z.object({ rise: fit, fall: fit });
export type Persistence = z.infer<typeof shape>;

/**
 * The prior: changes last, with the weight of one sudden change of 39 tasks within a start-up. What learning this share
 * is worth: docs/decisions/0006-predictive-policy.md.
 */
const CHANGES_LAST = { xy: 1_500, xx: 1_500 };
const MEMORY_SECONDS = 86_400;

/** How much of a sudden change in the rate lasts until forecasts come due, up and down. */
export const persistence: Signal<Persistence> = {
  shape,
  initial: { rise: CHANGES_LAST, fall: CHANGES_LAST },
  learn(before, { passed, due }) {
    let rise = forget(before.rise, passed.seconds);
    let fall = forget(before.fall, passed.seconds);
    for (const { recent, steady, seconds, came } of due.startup) {
      const change = (recent - steady) * seconds;
      const followed = came - steady * seconds;
      if (change > 0) rise = { xy: rise.xy + change * followed, xx: rise.xx + change ** 2 };
      if (change < 0) fall = { xy: fall.xy + change * followed, xx: fall.xx + change ** 2 };
    }
    return { rise, fall };
  },
  gap: (state) => state,
};

function forget({ xy, xx }: Fit, seconds: number): Fit {
  const kept = Math.exp(-seconds / MEMORY_SECONDS);
  return { xy: xy * kept, xx: xx * kept };
}

/** The share of a sudden change that has lasted in the past, 0 to 1; 1 when all such changes are forgotten. */
export function shareThatLasts({ xy, xx }: Fit): number {
  return xx === 0 ? 1 : Math.min(1, Math.max(0, xy / xx));
}

/** Arrivals per second: the level plus the share of a sudden change that such changes have lasted in the past. */
export function expectedRate({ rise, fall }: Persistence, steady: number, recent: number): number {
  return Math.max(0, steady + shareThatLasts(recent > steady ? rise : fall) * (recent - steady));
}
