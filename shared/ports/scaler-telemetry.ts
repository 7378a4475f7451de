import type { DecisionRecord } from '../core/decision-record.ts';
import type { UnreadableRecord } from './pool-store.ts';

export type Telemetry = {
  tick(record: DecisionRecord, unreadable: readonly UnreadableRecord[]): void;
  /** A tick that threw, or whose action failed. */
  tickFailed(pool: string, error: unknown): void;
  leaseTaken(pool: string, holder: string): void;
  /** An operator's settings are invalid with the current deployment, and were left out. */
  settingsLeftOut(pool: string, reason: string): void;
  /** History that stays in memory until the next tick. */
  historyNotSaved(pool: string, error: unknown): void;
  /** Reaping failed: ECS tasks without a live agent couldn't be found or stopped. The next tick retries. */
  reapFailed(pool: string, error: unknown): void;
};
