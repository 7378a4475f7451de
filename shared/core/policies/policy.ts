import type { Forecast } from '../forecast/signals.ts';
import type { Agents, QueueCounts } from '../observation.ts';
import type { PolicyName, PoolConfig } from '../pool/config.ts';

/** What one policy wants, and why: a short phrase for people. */
export type Proposal =
  | ({ readonly kind: 'want'; readonly policy: PolicyName; readonly why: string } & Wanted)
  | { readonly kind: 'abstain'; readonly policy: PolicyName; readonly why: string };

/**
 * A wanted count as a band, so that a pool doesn't follow every ripple. A pool with fewer agents than `desired` grows
 * to it, one with more than `keep` shrinks to that, and in between the count stays.
 */
export type Wanted = {
  readonly desired: number;
  /** At least `desired`. Defaults to `desired`. */
  readonly keep?: number;
  /** How long to hold `keep` before scaling in, if the pool's stabilization window is `auto`. */
  readonly holdSeconds?: number;
};

/** What a policy sees: an observation without unknowns, and the forecast made from it. */
export type Situation = {
  readonly atMs: number;
  readonly queue: QueueCounts;
  /** Visible messages an agent could take now: not blocked by an earlier turn of their conversation. */
  readonly runnable: number;
  readonly agents: Agents;
  /** Seconds until each starting agent is ready, as far as known, soonest first. */
  readonly readyInSeconds: readonly number[];
  /** The desired count in force. */
  readonly desired: number;
  readonly forecast: Forecast;
};

/** A pure function from a situation to a proposal. */
export type Policy = (situation: Situation, config: PoolConfig) => Proposal;
