import type { ForecastState } from '../forecast/state.ts';

/** What the scaler remembers of a pool from tick to tick. Times are epoch milliseconds. */
export type PoolState = InForce & Memory;

/** The part of the state that only an action changes. */
export type InForce = {
  /** The last desired count that was decided; undefined before the first decision. */
  readonly desired?: number;
  /** Rises with every change of the desired count, never falls. */
  readonly generation: number;
  /** When the desired count last changed. */
  readonly changedAtMs?: number;
};

/** The part of the state that every decision renews, whatever becomes of its action. */
export type Memory = {
  /** What the pool wanted at its last tick, before any ceiling: for the pools it shares one with. */
  readonly wanted?: number;
  /** Counts below which the pool was not to shrink lately, for the stabilization window. */
  readonly recommendations: readonly Recommendation[];
  /** How the desired count changed in the last minutes, oldest first. */
  readonly changes: readonly Change[];
  /** Messages that were seen to wait for their own conversation. */
  readonly blocked?: { readonly atMs: number; readonly count: number };
  /** Agents that should be running and are not, and since when there are such. */
  readonly overdue?: { readonly sinceMs: number; readonly count: number };
  /** Ticks in a row that saw nothing to do. */
  readonly emptyTicks: number;
  readonly spending?: Spending;
  readonly forecast?: ForecastState;
};

export type Recommendation = { readonly atMs: number; readonly desired: number };

/** Agents asked for (positive) or let go (negative). */
export type Change = { readonly atMs: number; readonly by: number };

/** Agent-seconds paid since the UTC day began, in days since 1970-01-01. */
export type Spending = { readonly day: number; readonly agentSeconds: number; readonly atMs: number };

/** What is in force of a state, without its memory: to be joined with a newer one, of which parts may be absent. */
export function inForceOf({ desired, generation, changedAtMs }: PoolState): InForce {
  return {
    generation,
    ...(desired !== undefined && { desired }),
    ...(changedAtMs !== undefined && { changedAtMs }),
  };
}

export const INITIAL_STATE: PoolState = { generation: 0, recommendations: [], changes: [], emptyTicks: 0 };

/** What an operator has ordered. It lies beside the state and is never written by the scaler. */
export type Mode =
  | { readonly kind: 'automatic' }
  /** Nothing is changed, whatever happens. */
  | { readonly kind: 'paused'; readonly by: string; readonly atMs: number }
  /** The desired count is this one, whatever the policies want. */
  | { readonly kind: 'pinned'; readonly desired: number; readonly by: string; readonly atMs: number };

export const AUTOMATIC: Mode = { kind: 'automatic' };

/**
 * The right to act on a pool. `fence` rises with every tick, and every write that follows names it:
 * a scaler that was overtaken cannot write any more, whatever its clock says.
 */
export type Lease = { readonly holder: string; readonly fence: number; readonly untilMs: number };

/** Two clocks may differ by this much before a lease is taken for expired. */
export const CLOCK_SKEW_MS = 5_000;
