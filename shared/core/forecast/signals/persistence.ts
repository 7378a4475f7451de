import * as z from 'zod';
import type { Signal } from '../signal.ts';

/** Sums of a regression through zero: slope = `xy` ÷ `xx`. */
const fit = z.object({ xy: z.number(), xx: z.number() });
type Fit = z.infer<typeof fit>;

const shape = z.object({ rise: fit, fall: fit });
export type Persistence = z.infer<typeof shape>;

/** A regression that says "changes last", as strong as one sudden change of 39 tasks within a start-up. */
const CHANGES_LAST = { xy: 1_500, xx: 1_500 };
const MEMORY_SECONDS = 86_400;

/** How much of a sudden change of the rate lasts until forecasts come due, upwards and downwards. */
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

/** The share, 0 to 1, of a sudden change that has been seen to last; 1 when all such changes are forgotten. */
export function shareThatLasts({ xy, xx }: Fit): number {
  return xx === 0 ? 1 : Math.min(1, Math.max(0, xy / xx));
}

/** Arrivals per second: the level, and of a sudden change from it the share that such changes have been seen to last. */
export function expectedRate({ rise, fall }: Persistence, steady: number, recent: number): number {
  return Math.max(0, steady + shareThatLasts(recent > steady ? rise : fall) * (recent - steady));
}
