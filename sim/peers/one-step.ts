import type { Peer } from '../backtest/scaler.ts';

/**
 * The plain threshold rule: with utilization = 1 - free slots ÷ all, one agent more above 0.7 and one fewer below 0.2, at
 * every tick. The setting is the upper threshold.
 */
export const oneStep: Peer = {
  name: 'one-step',
  settings: 0.7,
  begin: (upper) => (view) => {
    const utilization = view.desired === 0 ? 1 : 1 - view.free / (view.desired * view.concurrency);
    if (utilization > upper) return view.desired + 1;
    return utilization < 0.2 ? view.desired - 1 : view.desired;
  },
};
