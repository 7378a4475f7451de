import type { Blocked } from '../blocked.ts';
import type { ForecastState } from '../forecast/signals.ts';

/** What the scaler remembers of a pool from tick to tick. Times are epoch milliseconds. */
export type PoolState = InForce & Memory;

/** The part of the state that only an action changes. */
export type InForce = {
  /** The last desired count decided; undefined before the first decision. */
  readonly desired?: number;
  /** Rises with every change of the desired count, never falls. */
  readonly generation: number;
  /** When the desired count last changed. */
  readonly changedAtMs?: number;
};

/** The part of the state that every decision renews, whatever the outcome of its action. */
export type Memory = {
  /** What the pool wanted at its last tick, before any ceiling; read by the pools it shares one with. */
  readonly wanted?: number;
  /** Limit time a second that the pool could use, in milliseconds, by the limit's name; read by pools that share the limit. */
  readonly limitClaims?: Readonly<Record<string, number>>;
  /** Recent counts to keep, for the stabilization window. */
  readonly recommendations: readonly Recommendation[];
  /** Recent changes of the desired count, oldest first. */
  readonly changes: readonly Change[];
  /** Messages found blocked by an earlier turn of their conversation. */
  readonly blocked?: Blocked;
  /** Agents that should be running but aren't, and since when. */
  readonly overdue?: { readonly sinceMs: number; readonly count: number };
  /** Consecutive ticks that found the pool empty. */
  readonly emptyTicks: number;
  readonly spending?: Spending;
  readonly forecast?: ForecastState;
};

export type Recommendation = { readonly atMs: number; readonly desired: number };

/** Agents requested (positive) or scaled in (negative). */
export type Change = { readonly atMs: number; readonly by: number };

/** Agent-seconds used since the UTC day began. `day` is in days since 1970-01-01. */
export type Spending = { readonly day: number; readonly agentSeconds: number; readonly atMs: number };

/** The in-force part of a state, without its memory, to combine with a newer memory that may lack some fields. */
export function inForceOf({ desired, generation, changedAtMs }: PoolState): InForce {
  return {
    generation,
    ...(desired !== undefined && { desired }),
    ...(changedAtMs !== undefined && { changedAtMs }),
  };
}

export const INITIAL_STATE: PoolState = { generation: 0, recommendations: [], changes: [], emptyTicks: 0 };

/** An operator's override of the mode. It's stored next to the pool's state; the scaler never writes it. */
export type Mode =
  | { readonly kind: 'automatic' }
  /** The scaler changes nothing. */
  | { readonly kind: 'paused'; readonly by: string; readonly atMs: number }
  /** This desired count replaces what the policies want. */
  | { readonly kind: 'pinned'; readonly desired: number; readonly by: string; readonly atMs: number };

export const AUTOMATIC: Mode = { kind: 'automatic' };

/**
 * The right to act on a pool. `fence` rises with every tick, and every write of that tick is conditional on it, so an
 * overtaken scaler can't write any more, whatever its clock says.
 */
export type Lease = { readonly holder: string; readonly fence: number; readonly untilMs: number };

/** Clocks may differ by this much: a lease expires only this long after its end. */
export const CLOCK_SKEW_MS = 5_000;
