import type { Policy } from './policy.ts';

/** Keeps at least `warmFloor` ready agents on top of the busy ones, for tasks that must start at once. */
export const warmFloor: Policy = ({ agents, runnable }, { warmFloor: floor }) => {
  if (floor === 0) return { kind: 'abstain', policy: 'warm-floor', why: 'no warm floor set' };
  return {
    kind: 'want',
    policy: 'warm-floor',
    desired: agents.busy + runnable + floor,
    why: `${floor} ready on top of ${agents.busy} busy and ${runnable} runnable`,
  };
};
