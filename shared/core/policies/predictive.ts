import { isBlocked } from '../blocked.ts';
import type { QueueCounts } from '../observation.ts';
import { slotsOfWholeAgents } from '../pool/slots.ts';
import { band, staffing } from '../staffing.ts';
import { policy, type Situation } from './policy.ts';

/**
 * Staffs the load that will be there when agents started now are ready ({@link staffing}), plus the staffing margin that
 * would have held the objective on recent arrivals at the lowest cost.
 *
 * It scales in only the agents beyond a band above that count, and on bursty traffic only those not wanted for a while:
 * a removed agent costs a start-up when it's wanted again.
 */
export const predictive = policy('predictive', ['queue'], (situation, config) => {
  const { forecast, runnable, readyInSeconds } = situation;
  const { durationSeconds, staffingMargin, heldSlots } = forecast;
  const { used, free } = slotsNow(situation);
  const blocked = isBlocked(situation);
  // Turns blocked by an earlier one can't run in parallel, however many arrive.
  const arrivalsPerSecond = blocked
    ? Math.min(forecast.arrivalsPerSecond, used / durationSeconds)
    : forecast.arrivalsPerSecond;
  const fleet = { inSystem: used + runnable, slots: used + free, readyInSeconds };
  const needed = staffing(fleet, { ...forecast, arrivalsPerSecond }, config);
  const counts = band(needed, staffingMargin, config.concurrency);
  const desired = Math.max(counts.desired, runnable > 0 ? 1 : 0);
  return {
    kind: 'want',
    desired,
    keep: Math.max(desired, counts.keep, blocked ? 0 : slotsOfWholeAgents(heldSlots, config.concurrency)),
    holdSeconds: 0,
    why: `load of ${needed.load.toFixed(1)} tasks in ${Math.round(needed.horizonSeconds)} s; ${forecast.arrivalsPerSecond.toFixed(2)} tasks/s of ${durationSeconds.toFixed(1)} s, staffing margin ${staffingMargin.toFixed(1)}${blocked ? '; some messages are blocked by an earlier turn' : ''}`,
  };
});

/** Without the agents' records, as many are used as messages are in flight, and the others are taken to be free. */
function slotsNow({
  agents,
  queue,
  desiredSlots,
}: Pick<Situation, 'agents' | 'desiredSlots'> & { readonly queue: QueueCounts }): {
  readonly used: number;
  readonly free: number;
} {
  if (agents) return agents.slots;
  return { used: queue.inFlight, free: Math.max(0, desiredSlots - queue.inFlight) };
}
