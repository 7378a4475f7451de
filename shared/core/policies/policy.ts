import type { Forecast } from '../forecast/forecaster.ts';
import type { Agents, QueueCounts } from '../observation.ts';
import type { PoolConfig } from '../pool/config.ts';
import type { PolicyName } from './names.ts';

/** What one policy wants, and why in one sentence. */
export type Proposal =
  | ({ readonly kind: 'want'; readonly policy: PolicyName; readonly why: string } & Wanted)
  | { readonly kind: 'abstain'; readonly policy: PolicyName; readonly why: string };

/**
 * A wanted count as a band, so that a pool does not follow every ripple: it grows to `desired` when it has fewer
 * agents, shrinks to `keep` when it has more, and stays as it is in between.
 */
export type Wanted = {
  readonly desired: number;
  /** At least `desired`; the same when absent. */
  readonly keep?: number;
  /** For how long what was kept is not let go, where the pool leaves that to its policies. */
  readonly holdSeconds?: number;
};

/** An observation without unknowns, with what was forecast from it: what a policy sees. */
export type Situation = {
  readonly atMs: number;
  readonly queue: QueueCounts;
  /** Of the visible messages those that an agent could take: not blocked behind their own conversation. */
  readonly runnable: number;
  readonly agents: Agents;
  /** Seconds until agents that have been asked for are ready, as far as is known, the soonest first. */
  readonly readyInSeconds: readonly number[];
  /** The desired count in force. */
  readonly desired: number;
  readonly forecast: Forecast;
};

/** A policy is a pure function from what is seen to a proposal. */
export type Policy = (situation: Situation, config: PoolConfig) => Proposal;
