/** A lease lasts an agent about this long, so that what it writes doesn't grow with its calls. */
const LASTS_MS = 3_000;
/**
 * Limit time that one lease takes beyond the call at its head. An agent that has the limit for itself leases twice as
 * fast as it can use it, and one of many holds up the others for two seconds at most.
 */
const AT_MOST_MS = 2_000;
/** No call can take more than a minute's worth, and no lease does. */
const LONGEST_MS = 60_000;

/** How much to lease: by what an agent has used since it requested the lease before. */
export type LeaseSize = {
  used(ms: number): void;
  /** `firstMs` is missing for the next call, `allMs` for all that wait. Whole milliseconds. */
  next(missing: { readonly firstMs: number; readonly allMs: number }, nowMs: number): number;
};

export function leaseSize(): LeaseSize {
  let usedMs = 0;
  let requestedAtMs = Number.NEGATIVE_INFINITY;
  return {
    used(ms) {
      usedMs += ms;
    },
    next({ firstMs, allMs }, nowMs) {
      const soonMs = (usedMs * LASTS_MS) / (nowMs - requestedAtMs);
      usedMs = 0;
      requestedAtMs = nowMs;
      const wantedMs = Math.max(firstMs, Math.min(AT_MOST_MS, Math.max(allMs, soonMs)));
      return Math.ceil(Math.min(LONGEST_MS, wantedMs));
    },
  };
}
