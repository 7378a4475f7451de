import { supply, utilizationOf } from '../observation.ts';
import { policy } from './policy.ts';

/**
 * Keeps the share of busy agents between two thresholds. Above the upper one, it wants enough agents to bring the share
 * down to it. Below the lower one, it wants as many as bring the share to the middle of the band, so that the next tick
 * doesn't reverse it.
 *
 * Starting agents count as supply: otherwise every tick of their start-up would add more.
 */
export const utilization = policy(
  'utilization',
  ['agents'],
  ({ agents, desired }, { utilization: { scaleOutAbove, scaleInBelow } }) => {
    const share = utilizationOf(agents);
    if (share === undefined) return { kind: 'abstain', why: 'no agents' };
    const seen = `${agents.busy} of ${supply(agents)} agents busy`;
    if (share > scaleOutAbove) {
      const wanted = Math.max(desired, Math.ceil(agents.busy / scaleOutAbove));
      return want(wanted, `${seen}, above ${scaleOutAbove}`);
    }
    if (share < scaleInBelow) {
      const wanted = Math.min(desired, Math.ceil(agents.busy / ((scaleOutAbove + scaleInBelow) / 2)));
      return want(wanted, `${seen}, below ${scaleInBelow}`);
    }
    return want(desired, `${seen}, between ${scaleInBelow} and ${scaleOutAbove}`);
  },
);

function want(desired: number, why: string) {
  return { kind: 'want', desired, why } as const;
}
