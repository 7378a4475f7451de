import { type Peer, TARGETS } from '../backtest/scaler.ts';

const POINTS_OUT = 3;
const POINTS_IN = 15;

/**
 * AWS target tracking on the backlog per agent, from points a minute apart; the setting is the target. Out after 3
 * points above it, to `⌈desired × metric ÷ target⌉`; in, by the same rule, after 15 points below 90 % of it.
 */
export const targetTracking: Peer = {
  name: 'target-tracking',
  tickSeconds: 60,
  settings: TARGETS,
  begin: (target) => {
    let above = 0;
    let below = 0;
    return ({ visible, desired }) => {
      const metric = visible / Math.max(1, desired);
      above = metric > target ? above + 1 : 0;
      below = metric < 0.9 * target ? below + 1 : 0;
      if (above < POINTS_OUT && below < POINTS_IN) return desired;
      return Math.ceil((desired * metric) / target);
    };
  },
};
