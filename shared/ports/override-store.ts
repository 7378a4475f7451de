import type { DecisionRecord } from '../core/decision-record.ts';
import type { Override, Overrides } from '../core/pool/overrides.ts';

/** What an operator orders, and what has been ordered before. */
export type OverrideStore = {
  /** What is in force now. */
  read(): Promise<Overrides>;
  /**
   * Puts an override on record for a year, then in force from the pool's next look on. False: somebody else has set
   * something since `before` was read; nothing is in force.
   */
  put(override: Override, before: Overrides): Promise<boolean>;
  /** Orders, the latest first. */
  latest(count: number): Promise<readonly Override[]>;
  /** What the scaler decided last, if it ever looked at the pool. */
  lastDecision(): Promise<DecisionRecord | undefined>;
};
