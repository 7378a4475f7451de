import type { DecisionRecord } from '../core/decision-record.ts';
import type { Order, Ordered } from '../core/pool/overrides.ts';

/** What an operator orders, and what has been ordered before. */
export type PoolOrders = {
  /** What is in force now. */
  read(): Promise<Ordered>;
  /**
   * Puts an order on record for a year, then in force from the pool's next look on. False: somebody else has set
   * something since `before` was read; nothing is in force.
   */
  give(order: Order, before: Ordered): Promise<boolean>;
  /** Orders, the latest first. */
  latest(count: number): Promise<readonly Order[]>;
  /** What the scaler decided last, if it ever looked at the pool. */
  lastDecision(): Promise<DecisionRecord | undefined>;
};
