import type { Policy } from './policy.ts';

/** Keeps at least `warmFloor` agents runnable for work: for tasks that must start at once. */
export const warmFloor: Policy = ({ agents, runnable }, { warmFloor: floor }) => {
  if (floor === 0) return { kind: 'abstain', policy: 'warm-floor', why: 'no floor is set' };
  return {
    kind: 'want',
    policy: 'warm-floor',
    desired: agents.busy + runnable + floor,
    why: `${floor} ready beside ${agents.busy} busy and ${runnable} runnable`,
  };
};
