import { idle } from '../observation.ts';
import type { Policy } from './policy.ts';

/** Start-up time that is assumed until an agent has been seen to start. */
const ASSUMED_STARTUP_SECONDS = 45;

/**
 * An agent that has waited for this long on a long poll would have been handed a message that can be taken:
 * what is visible then is blocked behind its own context, and more agents would not help.
 */
const BLOCKED_AFTER_IDLE_SECONDS = 5;

/**
 * Wants an agent for every task in flight, and for the backlog as many as start all of it within what the
 * objective still allows once new agents are up.
 *
 * With mean work `S` and slack `W = objective - start-up - tick`, one agent that is free now starts `1 + W/S`
 * tasks within `W`, so a backlog of `v` needs `v · S / (S + W)` agents: one each when there is no slack.
 */
export const backlog: Policy = ({ queue, agents }, { objective, tickSeconds }) => {
  const inFlight = Math.max(queue.inFlight, agents.busy);
  const blocked = idle(agents) > 0 && agents.idleSeconds > BLOCKED_AFTER_IDLE_SECONDS;
  const waiting = blocked ? 0 : queue.visible;
  const startup = agents.activity.startupSeconds ?? ASSUMED_STARTUP_SECONDS;
  const slack = Math.max(0, objective.withinSeconds - startup - tickSeconds);
  const work = agents.activity.workSeconds;
  const perAgent = work === undefined || work === 0 ? 1 : 1 + slack / work;
  const seen = `${queue.visible} visible and ${inFlight} in flight`;
  return {
    kind: 'want',
    policy: 'backlog',
    desired: inFlight + Math.ceil(waiting / perAgent),
    why:
      blocked && queue.visible > 0
        ? `${seen}; the visible ones wait for their own context, since an agent has been idle for ${Math.round(agents.idleSeconds)} s`
        : `${seen}; an agent can start ${perAgent.toFixed(1)} tasks in time`,
  };
};
