import type { PoolConfig } from '../../shared/core/pool/config.ts';

/** What is simulated besides the tasks. Times are seconds. */
export type Model = {
  readonly config: PoolConfig;
  /** From asking for an agent until it takes tasks. */
  readonly startupSeconds: number;
  /** What an agent is billed for at least. Default: {@link BILLED_AT_LEAST_SECONDS}, as on Fargate. */
  readonly billedAtLeastSeconds?: number;
};

/** An agent is billed from the moment it was asked for until it stops, and for so long at least (Fargate's minute). */
export const BILLED_AT_LEAST_SECONDS = 60;

/** Traces begin at a midnight (of a Monday), so that their days are days. */
const EPOCH_MS = Date.UTC(2026, 0, 5);

/** The time `seconds` after a trace began, in epoch milliseconds. */
export function toMs(seconds: number): number {
  return EPOCH_MS + seconds * 1000;
}
