import { isBlocked } from '../blocked.ts';
import { policy } from './policy.ts';

/**
 * Wants a slot for every task in flight, plus enough slots to start the backlog within the time that the objective
 * still allows once new agents are ready.
 *
 * With a mean task duration of `S` and slack `W = objective - start-up - tick`, a free slot starts `1 + W/S` tasks
 * within `W`. So a backlog of `v` needs `v · S / (S + W)` slots: one per task when there's no slack.
 */
export const backlog = policy('backlog', ['queue', 'agents'], (situation, { objective, tickSeconds }) => {
  const { queue, runnable, agents, forecast } = situation;
  // Draining agents end their tasks themselves.
  const inFlight = Math.max(queue.inFlight - agents.slots.draining, agents.slots.used);
  const slack = Math.max(0, objective.withinSeconds - forecast.startupSeconds - tickSeconds);
  const duration = agents.activity.durationSeconds;
  const perSlot = duration === undefined || duration === 0 ? 1 : 1 + slack / duration;
  const seen = `${queue.visible} visible and ${inFlight} in flight`;
  return {
    kind: 'want',
    desired: inFlight + Math.ceil(runnable / perSlot),
    why: isBlocked(situation)
      ? `${seen}; ${queue.visible - runnable} blocked by an earlier turn`
      : `${seen}; each slot can start ${perSlot.toFixed(1)} tasks in time`,
  };
});
