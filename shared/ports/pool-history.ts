import type { HistoryDay, HistoryMinute } from '../core/pool/history.ts';

/** What one pool did, minute by minute. The forecast's seasons come from it. */
export type PoolHistory = {
  /** Writes minutes, and overwrites those written before. */
  add(minutes: readonly HistoryMinute[]): Promise<void>;
  /** The recorded days from `sinceDay` (days since 1970-01-01) on. Up to an hour old. */
  days(sinceDay: number): Promise<readonly HistoryDay[]>;
};

/** The same history, for people: from `sinceMinute` on, in order. */
export type HistoryReader = { minutes(sinceMinute: number): AsyncIterable<HistoryMinute> };
