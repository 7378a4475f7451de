import { isBlocked } from '../blocked.ts';
import type { Policy } from './policy.ts';

/**
 * Wants an agent for every task in flight, and for the backlog as many as start all of it within what the
 * objective still allows once new agents are up.
 *
 * With mean work `S` and slack `W = objective - start-up - tick`, one agent that is free now starts `1 + W/S`
 * tasks within `W`, so a backlog of `v` needs `v · S / (S + W)` agents: one each when there is no slack.
 */
export const backlog: Policy = (situation, { objective, tickSeconds }) => {
  const { queue, runnable, agents, forecast } = situation;
  const inFlight = Math.max(queue.inFlight, agents.busy);
  const slack = Math.max(0, objective.withinSeconds - forecast.startupSeconds - tickSeconds);
  const work = agents.activity.durationSeconds;
  const perAgent = work === undefined || work === 0 ? 1 : 1 + slack / work;
  const seen = `${queue.visible} visible and ${inFlight} in flight`;
  return {
    kind: 'want',
    policy: 'backlog',
    desired: inFlight + Math.ceil(runnable / perAgent),
    why: isBlocked(situation)
      ? `${seen}; ${queue.visible - runnable} of the visible ones wait for their own conversation`
      : `${seen}; an agent can start ${perAgent.toFixed(1)} tasks in time`,
  };
};
