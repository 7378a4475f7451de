/** What the scaler remembers of a pool from tick to tick. Times are epoch milliseconds. */
export type PoolState = {
  /** The last desired count that was decided; undefined before the first decision. */
  readonly desired?: number;
  /** Rises with every change of the desired count, never falls. */
  readonly generation: number;
  /** When the desired count last changed. */
  readonly changedAtMs?: number;
  /** Desired counts that the policies wanted lately, for the stabilization window. */
  readonly recommendations: readonly Recommendation[];
};

export type Recommendation = { readonly atMs: number; readonly desired: number };

export const INITIAL_STATE: PoolState = { generation: 0, recommendations: [] };

/**
 * The right to act on a pool. `fence` rises with every tick, and every write that follows names it:
 * a scaler that was overtaken can not write any more, whatever its clock says.
 */
export type Lease = { readonly holder: string; readonly fence: number; readonly untilMs: number };

/** Two clocks may differ by this much before a lease is taken for expired. */
export const CLOCK_SKEW_MS = 5_000;
