import type { Peer } from '../backtest/scaler.ts';
import { TARGETS } from '../backtest/tune.ts';

const POINTS_OUT = 2;
const POINTS_IN = 15;
const STEPS = [
  { fleets: 20, add: 10 },
  { fleets: 5, add: 4 },
  { fleets: 1, add: 1 },
] as const;

/**
 * AWS step scaling on visible messages, from points a minute apart: an alarm after 2 of 2 points with a backlog, then
 * 1, 4 or 10 agents more as it passes 1, 5 or 20 times the fleet; one fewer after 15 points without any. The setting
 * scales those steps: at 0.5 they begin at half the backlog.
 */
export const stepScaling: Peer = {
  name: 'step-scaling',
  tickSeconds: 60,
  settings: TARGETS,
  begin: (scale) => {
    let breached = 0;
    let quiet = 0;
    return ({ visible, concurrency, desired }) => {
      const slots = concurrency * Math.max(1, desired);
      const step = STEPS.find(({ fleets }) => visible >= fleets * scale * slots);
      breached = step ? breached + 1 : 0;
      quiet = visible === 0 ? quiet + 1 : 0;
      if (step && breached >= POINTS_OUT) return desired + step.add;
      if (quiet < POINTS_IN) return desired;
      quiet = 0;
      return desired - 1;
    };
  },
};
