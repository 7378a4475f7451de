import { policy } from './policy.ts';

/** Keeps at least `warmFloor` ready agents on top of the busy ones, for tasks that must start at once. */
export const warmFloor = policy(
  'warm-floor',
  ['agents'],
  ({ agents, runnable = 0 }, { concurrency, warmFloor: floor }) => {
    if (floor === 0) return { kind: 'abstain', why: 'no warm floor set' };
    return {
      kind: 'want',
      desired: agents.slots.used + runnable + floor * concurrency,
      why: `${floor} ready on top of ${agents.slots.used} slots used and ${runnable} runnable`,
    };
  },
);
