import { overdueTasks } from '../forecast/signals/pace.ts';
import { policy } from './policy.ts';

/**
 * A threshold beside the trend. When runnable tasks have waited longer than the objective allows, the forecast was
 * wrong, so this policy goes by what was counted: it wants a slot for every overdue task that the present slots
 * won't have taken when new ones are ready, if they go on as they did within the allowed queue wait `W`. New slots
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
    const { takenPerSlot } = lately;
    const present = agents.slots.used + agents.slots.free;
    const left = Math.max(0, waiting - present * takenPerSlot * (startupSeconds / withinSeconds));
    return {
      kind: 'want',
      desired: agents.slots.used + Math.ceil(left / (1 + takenPerSlot)),
      why: `${waiting} tasks have waited for more than ${withinSeconds} s, in which each slot took ${takenPerSlot.toFixed(1)}`,
    };
  },
);
