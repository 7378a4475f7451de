import type { DecisionRecord } from '../core/decision-record.ts';
import type { UnreadableRecord } from './pool-store.ts';

export type Telemetry = {
  tick(record: DecisionRecord, unreadable: readonly UnreadableRecord[]): void;
  /** A tick that threw, or of whose action a step failed. */
  tickFailed(pool: string, error: unknown): void;
  leaseTaken(pool: string, holder: string): void;
  /** What an operator has set is not possible with what is deployed now. */
  settingsLeftOut(pool: string, reason: string): void;
  /** History that stays in memory until the next tick. */
  historyNotSaved(pool: string, error: unknown): void;
  /** Tasks without an agent that could not be looked for, or not be stopped; the next tick tries again. */
  reapFailed(pool: string, error: unknown): void;
};
