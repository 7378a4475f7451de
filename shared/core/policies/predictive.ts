import { isBlocked } from '../blocked.ts';
import { idle, type QueueCounts } from '../observation.ts';
import { expectedLoad, normalQuantile } from '../queueing.ts';
import { policy, type Situation } from './policy.ts';

/**
 * The share of the allowed queue wait that the policy plans to use; the rest is for chance.
 *
 * This and the constants below were found by search on the four traces and on generated ones. What each is worth:
 * docs/decisions/0006-predictive-policy.md.
 */
const PLANNED_WAIT = 0.53;
/** Standard deviations of the load kept beyond its mean, for a 95 % objective on smooth traffic. */
const MARGIN_FACTOR = 0.53;
/** How much that factor grows with each point of the staffing margin. */
const MARGIN_FACTOR_PER_POINT = 0.75;
/** Width of the band in which the count stays, in standard deviations of the load. */
const BAND = 0.7;
/** Hold time at staffing margin 0: less than a tick, so no hold at all. */
const HOLD_SECONDS = 11;
/** The hold time multiplies by this for each point of the staffing margin. */
const HOLD_GROWTH = 2.24;

/**
 * Staffs the load that will be there when agents started now are ready, so that the objective holds.
 *
 * 1. The load: the tasks in the system at that time, by the transient of an infinite-server queue while there are
 *    enough agents, and as a queue beyond ({@link expectedLoad}). A task that arrives at time `t` is late only if it's
 *    still queued at `t + allowed queue wait`, so the relevant time is the agents' readiness minus the planned queue
 *    wait.
 * 2. The allowed queue wait: while `c` agents with a mean task duration of `S` are busy, `c·w/S` tasks start within
 *    `w`. A load of `N` tasks starts within `w` on `c = N / (1 + w/S)` agents.
 * 3. Chance: the number of busy agents that a load of `a` erlangs needs is Poisson distributed, with variance `a`, so
 *    `z·√a` more (square-root staffing; Halfin and Whitt, "Heavy-traffic limits for queues with many exponential
 *    servers", Operations Research 29, 1981). `z` depends on the objective and the staffing margin.
 *
 * It scales in only the agents beyond a band above that count, and on bursty traffic only those not wanted for a while:
 * a removed agent costs a start-up when it's wanted again.
 */
export const predictive = policy('predictive', ['queue'], (situation, config) => {
  const { forecast, runnable, readyInSeconds } = situation;
  const { busy, free } = workers(situation);
  const { arrivalsPerSecond, durationSeconds, startupSeconds, staffingMargin } = forecast;
  const plannedWait = PLANNED_WAIT * config.objective.withinSeconds;
  const horizon = Math.max(0, startupSeconds + config.tickSeconds / 2 - plannedWait);
  const blocked = isBlocked(situation);
  // Turns blocked by an earlier one can't run in parallel, however many arrive.
  const offered = blocked
    ? Math.min(arrivalsPerSecond * durationSeconds, busy)
    : arrivalsPerSecond * durationSeconds;
  const load = expectedLoad({
    inSystem: busy + runnable,
    arrivalsPerSecond: offered / durationSeconds,
    durationSeconds,
    agents: busy + free,
    readyInSeconds,
    seconds: horizon,
  });
  const chance = Math.sqrt(offered);
  const needed =
    load / (1 + plannedWait / durationSeconds) +
    marginFactor(config.objective.percent, staffingMargin) * chance;
  const desired = Math.max(Math.round(needed), runnable > 0 ? 1 : 0);
  const keep = Math.max(desired, Math.round(needed + BAND * chance));
  return {
    kind: 'want',
    desired,
    keep,
    holdSeconds: HOLD_SECONDS * HOLD_GROWTH ** staffingMargin,
    why: `load of ${load.toFixed(1)} tasks in ${Math.round(horizon)} s; ${arrivalsPerSecond.toFixed(2)} tasks/s of ${durationSeconds.toFixed(1)} s, staffing margin ${staffingMargin.toFixed(1)}${blocked ? '; some messages are blocked by an earlier turn' : ''}`,
  };
});

/** Without the agents' records, as many are busy as messages are in flight, and the others are taken to be free. */
function workers({
  agents,
  queue,
  desired,
}: Pick<Situation, 'agents' | 'desired'> & { readonly queue: QueueCounts }): {
  readonly busy: number;
  readonly free: number;
} {
  if (agents) return { busy: agents.busy, free: idle(agents) };
  return { busy: queue.inFlight, free: Math.max(0, desired - queue.inFlight) };
}

/**
 * {@link MARGIN_FACTOR} at 95 % and staffing margin 0. A stricter objective adds the difference in normal quantiles.
 */
function marginFactor(percent: number, staffingMargin: number): number {
  const stricter = normalQuantile(percent / 100) - normalQuantile(0.95);
  return MARGIN_FACTOR + stricter + MARGIN_FACTOR_PER_POINT * staffingMargin;
}
