import type { HistoryDay, HistoryMinute } from '../core/pool/history.ts';

/** What one pool did, minute by minute: seasons are learned from it. */
export type PoolHistory = {
  /** Writes minutes; those that were written before are overwritten. */
  add(minutes: readonly HistoryMinute[]): Promise<void>;
  /** The days from `sinceDay` (days since 1970-01-01) on that have any. May be up to an hour old. */
  days(sinceDay: number): Promise<readonly HistoryDay[]>;
};

/** The same, for people: from `sinceMinute` on, in order. */
export type HistoryReader = { minutes(sinceMinute: number): Promise<readonly HistoryMinute[]> };
