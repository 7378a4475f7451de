import type { Policy } from './policy.ts';

/** Keeps at least `warmFloor` agents waiting for work: for tasks that must start at once. */
export const warmFloor: Policy = ({ agents, waiting }, { warmFloor: floor }) => {
  if (floor === 0) return { kind: 'abstain', policy: 'warm-floor', why: 'no floor is set' };
  return {
    kind: 'want',
    policy: 'warm-floor',
    desired: agents.busy + waiting + floor,
    why: `${floor} ready beside ${agents.busy} busy and ${waiting} waiting`,
  };
};
