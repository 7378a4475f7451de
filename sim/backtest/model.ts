import type { PoolConfig } from '../../shared/core/pool/config.ts';
import type { ProviderLimit } from '../../shared/core/pool/provider-limit.ts';

/** What is simulated besides the tasks. Times are seconds. */
export type Model = {
  readonly config: PoolConfig;
  /** The limit of the service behind the agents. Whether they know of it, `config.limits` says. */
  readonly limit?: ProviderLimit;
  /** From asking for an agent until it takes tasks. */
  readonly startupSeconds: number;
  /** What an agent is billed for at least. Default: {@link BILLED_AT_LEAST_SECONDS}, as on Fargate. */
  readonly billedAtLeastSeconds?: number;
  /** The run goes on until then, although no task is left. Default: it ends with the last task. */
  readonly endsAtSeconds?: number;
  /**
   * When the trace begins, in epoch milliseconds: it matters to schedules and to daily patterns. Default: a midnight of a
   * Monday, so that the trace's days are days.
   */
  readonly beginsAtMs?: number;
};

/** An agent is billed from the moment it was asked for until it stops, and for so long at least (Fargate's minute). */
export const BILLED_AT_LEAST_SECONDS = 60;

const MONDAY_MS = Date.UTC(2026, 0, 5);

/** The time `seconds` after a model's trace began, in epoch milliseconds. */
export function toMs({ beginsAtMs = MONDAY_MS }: Model, seconds: number): number {
  return beginsAtMs + seconds * 1000;
}
