import { slotSupply, utilizationOf } from '../observation.ts';
import { policy } from './policy.ts';

/**
 * Keeps the share of used slots between two thresholds. Above the upper one, it wants enough slots to bring the share
 * down to it. Below the lower one, it wants as many as bring the share to the middle of the band, so that the next tick
 * doesn't reverse it.
 *
 * Starting agents count as supply: otherwise every tick of their start-up would add more.
 */
export const utilization = policy(
  'utilization',
  ['agents'],
  ({ agents, desiredSlots }, { concurrency, utilization: { scaleOutAbove, scaleInBelow } }) => {
    const share = utilizationOf(agents, concurrency);
    const { used } = agents.slots;
    if (share === undefined) return { kind: 'abstain', why: 'no agents' };
    const seen = `${used} of ${slotSupply(agents, concurrency)} slots used`;
    if (share > scaleOutAbove) {
      const wanted = Math.max(desiredSlots, Math.ceil(used / scaleOutAbove));
      return want(wanted, `${seen}, above ${scaleOutAbove}`);
    }
    if (share < scaleInBelow) {
      const wanted = Math.min(desiredSlots, Math.ceil(used / ((scaleOutAbove + scaleInBelow) / 2)));
      return want(wanted, `${seen}, below ${scaleInBelow}`);
    }
    return want(desiredSlots, `${seen}, between ${scaleInBelow} and ${scaleOutAbove}`);
  },
);

function want(desired: number, why: string) {
  return { kind: 'want', desired, why } as const;
}
