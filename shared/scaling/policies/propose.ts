import type { PoolConfig } from '../../pool/config.ts';
import { backlog } from './backlog.ts';
import { chapter } from './chapter.ts';
import type { PolicyName } from './names.ts';
import type { Policy, Proposal, Situation } from './policy.ts';
import { utilization } from './utilization.ts';

const POLICIES: Readonly<Record<PolicyName, Policy>> = { utilization, backlog, chapter };

/** Asks every policy that the pool has switched on. */
export function propose(situation: Situation, config: PoolConfig): readonly Proposal[] {
  return config.policies.map((name) => POLICIES[name](situation, config));
}
