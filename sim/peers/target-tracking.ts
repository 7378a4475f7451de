import type { Peer } from '../backtest/scaler.ts';
import { TARGETS } from '../backtest/tune.ts';

const POINTS_OUT = 3;
const POINTS_IN = 15;

/** AWS target tracking on points a minute apart, as CloudWatch's metrics are by default. */
export const targetTracking = trackingTarget('target-tracking', 60);

/**
 * The same on points 20 s apart, which ECS offers for processor and memory since June 2026. It is granted them for the
 * backlog too, and the same number of points.
 */
export const targetTracking20s = trackingTarget('target-tracking-20s', 20);

/**
 * AWS target tracking on the backlog per slot; the setting is the target. Out after 3 points above it, to
 * `⌈desired × metric ÷ target⌉`; in, by the same rule, after 15 points below 90 % of it.
 */
function trackingTarget(name: string, secondsPerPoint: number): Peer {
  return {
    name,
    tickSeconds: secondsPerPoint,
    settings: TARGETS,
    begin: (target) => {
      let above = 0;
      let below = 0;
      return ({ visible, concurrency, desired }) => {
        const metric = visible / (concurrency * Math.max(1, desired));
        above = metric > target ? above + 1 : 0;
        below = metric < 0.9 * target ? below + 1 : 0;
        if (above < POINTS_OUT && below < POINTS_IN) return desired;
        return Math.ceil((desired * metric) / target);
      };
    },
  };
}
