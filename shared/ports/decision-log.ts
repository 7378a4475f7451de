import type { DecisionRecord } from '../core/decision-record.ts';

/** A recorded decision, or one that another version recorded, which can be named but not read. */
export type LoggedDecision =
  | { readonly kind: 'decision'; readonly atMs: number; readonly record: DecisionRecord }
  | { readonly kind: 'unreadable'; readonly atMs: number; readonly reason: string };

/** The decisions of one pool, kept for 30 days. */
export type DecisionLog = {
  put(record: DecisionRecord): Promise<void>;
  /**
   * Decisions after `afterMs` and up to `untilMs`, newest first. Reads about as many as are taken: there may be 170,000
   * of them.
   */
  read(range?: DecisionRange): AsyncIterable<LoggedDecision>;
};

export type DecisionRange = { readonly afterMs?: number; readonly untilMs?: number };

/** The newest decision in a range; undefined if there is none. */
export async function lastDecision(
  log: Pick<DecisionLog, 'read'>,
  range?: DecisionRange,
): Promise<LoggedDecision | undefined> {
  for await (const decision of log.read(range)) return decision;
  return undefined;
}
