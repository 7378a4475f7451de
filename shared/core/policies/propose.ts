import type { PolicyName, PoolConfig } from '../pool/config.ts';
import { backlog } from './backlog.ts';
import { contextTrend } from './context-trend.ts';
import { oneStep } from './one-step.ts';
import { overdue } from './overdue.ts';
import type { Policy, Proposal, Situation } from './policy.ts';
import { predictive } from './predictive.ts';
import { schedule } from './schedule.ts';
import { utilization } from './utilization.ts';
import { warmFloor } from './warm-floor.ts';

const POLICIES: Readonly<Record<PolicyName, Policy>> = {
  predictive,
  overdue,
  schedule,
  'warm-floor': warmFloor,
  'context-trend': contextTrend,
  utilization,
  backlog,
  'one-step': oneStep,
};

/** Collects a proposal from every policy the pool has enabled. */
export function propose(situation: Situation, config: PoolConfig): readonly Proposal[] {
  return config.policies.map((name) => POLICIES[name](situation, config));
}
