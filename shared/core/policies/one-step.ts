import { slotSupply, utilizationOf } from '../observation.ts';
import { policy } from './policy.ts';

/**
 * The plain threshold rule, kept for comparison: one agent more per tick above the upper utilization threshold, one
 * fewer below the lower one, regardless of what's runnable or starting.
 */
export const oneStep = policy(
  'one-step',
  ['agents'],
  ({ agents, desiredSlots }, { concurrency, utilization: { scaleOutAbove, scaleInBelow } }) => {
    const share = utilizationOf(agents, concurrency);
    if (share === undefined) return { kind: 'abstain', why: 'no agents' };
    const step = share > scaleOutAbove ? 1 : share < scaleInBelow ? -1 : 0;
    return {
      kind: 'want',
      desired: Math.max(0, desiredSlots + step * concurrency),
      why: `utilization ${share.toFixed(2)} of ${slotSupply(agents, concurrency)} slots; thresholds ${scaleInBelow} and ${scaleOutAbove}`,
    };
  },
);
