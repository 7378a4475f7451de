import { supply, utilizationOf } from '../observation.ts';
import type { Policy } from './policy.ts';

/**
 * Keeps the share of busy agents between two thresholds. Above the upper one it wants as many agents as bring
 * the share down to it; below the lower one as many as bring it to the middle of the band, so that the next
 * tick does not turn back.
 *
 * Agents that are starting count as supply: without them every tick of their start-up would add more.
 */
export const utilization: Policy = (
  { agents, desired },
  { utilization: { scaleOutAbove, scaleInBelow } },
) => {
  const share = utilizationOf(agents);
  if (share === undefined) return { kind: 'abstain', policy: 'utilization', why: 'no agent can take work' };
  const seen = `${agents.busy} of ${supply(agents)} agents busy`;
  if (share > scaleOutAbove) {
    const wanted = Math.max(desired, Math.ceil(agents.busy / scaleOutAbove));
    return want(wanted, `${seen} is more than ${scaleOutAbove}`);
  }
  if (share < scaleInBelow) {
    const wanted = Math.min(desired, Math.ceil(agents.busy / ((scaleOutAbove + scaleInBelow) / 2)));
    return want(wanted, `${seen} is less than ${scaleInBelow}`);
  }
  return want(desired, `${seen} is between ${scaleInBelow} and ${scaleOutAbove}`);
};

function want(desired: number, why: string) {
  return { kind: 'want', policy: 'utilization', desired, why } as const;
}
