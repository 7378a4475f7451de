import type { PoolConfig } from '../../pool/config.ts';
import type { Agents, FleetReading, Observation, QueueCounts } from '../observation.ts';
import type { PolicyName } from './names.ts';

/** What one policy wants, and why in one sentence. */
export type Proposal =
  | { readonly kind: 'want'; readonly policy: PolicyName; readonly desired: number; readonly why: string }
  | { readonly kind: 'abstain'; readonly policy: PolicyName; readonly why: string };

/** An observation without unknowns: what a policy sees. */
export type Situation = {
  readonly queue: QueueCounts;
  readonly fleet: FleetReading;
  readonly agents: Agents;
  /** The desired count in force. */
  readonly desired: number;
};

/** A policy is a pure function from what is seen to a proposal. */
export type Policy = (situation: Situation, config: PoolConfig) => Proposal;

/** The situation, or undefined while something that it needs is unknown. */
export function situationOf(observation: Observation, desired: number): Situation | undefined {
  const { queue, fleet, agents } = observation;
  if (queue.kind === 'unknown' || fleet.kind === 'unknown' || agents.kind === 'unknown') return undefined;
  return { queue: queue.value, fleet: fleet.value, agents: agents.value, desired };
}
