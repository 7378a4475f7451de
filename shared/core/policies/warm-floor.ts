import { policy } from './policy.ts';

/** Keeps at least `warmFloor` ready agents on top of the busy ones, for tasks that must start at once. */
export const warmFloor = policy(
  'warm-floor',
  ['agents'],
  ({ agents, runnable = 0 }, { warmFloor: floor }) => {
    if (floor === 0) return { kind: 'abstain', why: 'no warm floor set' };
    return {
      kind: 'want',
      desired: agents.busy + runnable + floor,
      why: `${floor} ready on top of ${agents.busy} busy and ${runnable} runnable`,
    };
  },
);
