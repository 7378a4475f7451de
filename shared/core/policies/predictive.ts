import { isBlocked } from '../blocked.ts';
import { expectedLoad, normalQuantile } from '../queueing.ts';
import type { Policy } from './policy.ts';

/** The share of the wait that the objective allows which is planned to be used; the rest is for chance. */
const PLANNED_WAIT = 0.53;
/** Standard deviations of the load that are kept beyond its mean, for a 95 % objective on smooth traffic. */
const MARGIN_FACTOR = 0.53;
/** How much the staffingMargin factor grows with the forecast's staffingMargin. */
const MARGIN_FACTOR_PER_POINT = 0.75;
/** Width of the band in which the pool stays as it is, in standard deviations of the load. */
const BAND = 0.7;
/** Capacity is held for this long at staffingMargin 0 — less than a tick, so not at all — and so many times longer for each more. */
const HOLD_SECONDS = 11;
const HOLD_GROWTH = 2.24;

/**
 * Staffs the load that will be there when agents started now are ready, so that the objective holds.
 *
 * 1. The load: the tasks in the system at that time, by the transient of an infinite-server queue as far as there are
 *    agents, and as a queue beyond ({@link expectedLoad}). A task that arrives at time `t` is late only if it still
 *    waits at `t + wait allowed`, so the time that matters is earlier than the agents' readiness by the planned wait.
 * 2. The wait that is allowed: while `c` agents with mean work `S` are busy, `c·w/S` tasks start within `w`. A load of
 *    `N` tasks starts within `w` on `c = N / (1 + w/S)` agents.
 * 3. Chance: the number of busy agents that a load of `a` erlangs needs is Poisson distributed, with variance `a`, so
 *    `z·√a` more (square-root staffing; Halfin and Whitt, "Heavy-traffic limits for queues with many exponential
 *    servers", Operations Research 29, 1981). `z` follows the objective and the forecast's staffingMargin.
 *
 * It lets go only of what is more than a band above that, and on bursty traffic only of what has not been wanted for
 * a while: an agent that is let go costs a start-up when it is wanted again.
 */
export const predictive: Policy = (situation, config) => {
  const { forecast, agents, runnable, readyInSeconds } = situation;
  const { arrivalsPerSecond, durationSeconds, startupSeconds, staffingMargin } = forecast;
  const plannedWait = PLANNED_WAIT * config.objective.withinSeconds;
  const horizon = Math.max(0, startupSeconds + config.tickSeconds / 2 - plannedWait);
  const blocked = isBlocked(situation);
  // Turns of a conversation that wait for the one before them are not worked on in parallel, however many arrive.
  const offered = blocked
    ? Math.min(arrivalsPerSecond * durationSeconds, agents.busy)
    : arrivalsPerSecond * durationSeconds;
  const load = expectedLoad({
    inSystem: agents.busy + runnable,
    arrivalsPerSecond: offered / durationSeconds,
    durationSeconds,
    agents: agents.ready + agents.cooldown + agents.busy,
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
    policy: 'predictive',
    desired,
    keep,
    holdSeconds: HOLD_SECONDS * HOLD_GROWTH ** staffingMargin,
    why: `${load.toFixed(1)} tasks in the system in ${Math.round(horizon)} s, ${arrivalsPerSecond.toFixed(2)} arriving per second with ${durationSeconds.toFixed(1)} s of work each, staffingMargin ${staffingMargin.toFixed(1)}${blocked ? '; what is visible waits for its own conversation' : ''}`,
  };
};

/** At 95 % and staffingMargin 0 it is {@link MARGIN_FACTOR}; a stricter objective adds as much as its normal quantile does. */
function marginFactor(percent: number, staffingMargin: number): number {
  const stricter = normalQuantile(percent / 100) - normalQuantile(0.95);
  return MARGIN_FACTOR + stricter + MARGIN_FACTOR_PER_POINT * staffingMargin;
}
