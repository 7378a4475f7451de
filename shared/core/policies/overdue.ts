import { overdueTasks } from '../forecast/signals/pace.ts';
import { idle } from '../observation.ts';
import { policy } from './policy.ts';

/**
 * A threshold beside the trend. When runnable tasks have waited longer than the objective allows, the forecast was
 * wrong, so this policy goes by what was counted: it wants an agent for every overdue task that the present agents
 * won't have taken when new ones are ready, if they go on as they did within the allowed queue wait `W`. New agents
 * are taken to do the same, so each starts one task at once and as many more within `W`.
 */
export const overdue = policy(
  'overdue',
  ['queue', 'agents'],
  ({ runnable, agents, forecast: { lately, startupSeconds } }, { objective: { withinSeconds } }) => {
    const waiting = lately === undefined ? 0 : overdueTasks(runnable, lately);
    if (lately === undefined || waiting === 0) {
      return { kind: 'abstain', why: `no task has waited for ${withinSeconds} s` };
    }
    const { takenPerAgent } = lately;
    const present = agents.busy + idle(agents);
    const left = Math.max(0, waiting - present * takenPerAgent * (startupSeconds / withinSeconds));
    return {
      kind: 'want',
      desired: agents.busy + Math.ceil(left / (1 + takenPerAgent)),
      why: `${waiting} tasks have waited for more than ${withinSeconds} s, in which each agent took ${takenPerAgent.toFixed(1)}`,
    };
  },
);
