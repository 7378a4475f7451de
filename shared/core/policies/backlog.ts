import { isBlocked } from '../blocked.ts';
import { policy } from './policy.ts';

/**
 * Wants an agent for every task in flight, plus enough agents to start the backlog within the time that the objective
 * still allows once new agents are ready.
 *
 * With a mean task duration of `S` and slack `W = objective - start-up - tick`, an idle agent starts `1 + W/S` tasks
 * within `W`. So a backlog of `v` needs `v · S / (S + W)` agents: one per task when there's no slack.
 */
export const backlog = policy('backlog', ['queue', 'agents'], (situation, { objective, tickSeconds }) => {
  const { queue, runnable, agents, forecast } = situation;
  const inFlight = Math.max(queue.inFlight, agents.busy);
  const slack = Math.max(0, objective.withinSeconds - forecast.startupSeconds - tickSeconds);
  const duration = agents.activity.durationSeconds;
  const perAgent = duration === undefined || duration === 0 ? 1 : 1 + slack / duration;
  const seen = `${queue.visible} visible and ${inFlight} in flight`;
  return {
    kind: 'want',
    desired: inFlight + Math.ceil(runnable / perAgent),
    why: isBlocked(situation)
      ? `${seen}; ${queue.visible - runnable} blocked by an earlier turn`
      : `${seen}; each agent can start ${perAgent.toFixed(1)} tasks in time`,
  };
});
