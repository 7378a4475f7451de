import { isBlocked } from '../blocked.ts';
import { band, staffing } from '../staffing.ts';
import type { Policy } from './policy.ts';

/**
 * Staffs the load that will be there when agents started now are ready ({@link staffing}), plus the staffing margin that
 * would have held the objective on recent arrivals at the lowest cost.
 *
 * It scales in only the agents beyond a band above that count, and on bursty traffic only those not wanted for a while:
 * a removed agent costs a start-up when it's wanted again.
 */
export const predictive: Policy = (situation, config) => {
  const { forecast, agents, runnable, readyInSeconds } = situation;
  const { durationSeconds, staffingMargin, heldAgents } = forecast;
  const blocked = isBlocked(situation);
  // Turns blocked by an earlier one can't run in parallel, however many arrive.
  const arrivalsPerSecond = blocked
    ? Math.min(forecast.arrivalsPerSecond, agents.busy / durationSeconds)
    : forecast.arrivalsPerSecond;
  const needed = staffing(
    {
      inSystem: agents.busy + runnable,
      agents: agents.ready + agents.cooldown + agents.busy,
      readyInSeconds,
    },
    { ...forecast, arrivalsPerSecond },
    config,
  );
  const counts = band(needed, staffingMargin);
  const desired = Math.max(counts.desired, runnable > 0 ? 1 : 0);
  return {
    kind: 'want',
    policy: 'predictive',
    desired,
    keep: Math.max(desired, counts.keep, blocked ? 0 : Math.round(heldAgents)),
    holdSeconds: 0,
    why: `load of ${needed.load.toFixed(1)} tasks in ${Math.round(needed.horizonSeconds)} s; ${forecast.arrivalsPerSecond.toFixed(2)} tasks/s of ${durationSeconds.toFixed(1)} s, staffing margin ${staffingMargin.toFixed(1)}${blocked ? '; some messages are blocked by an earlier turn' : ''}`,
  };
};
