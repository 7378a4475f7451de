/**
 * What isn't used this long after a lease started lapses. It can't be saved up: agents that idled for a while would
 * otherwise all call at once.
 */
export const LAPSES_AFTER_MS = 5_000;

/** Corrections of more than this are forgotten: limits are per minute, so the service forgets it too. */
const OWED_AT_MOST_MS = 60_000;

/** Sums of fractions differ from their total by rounding. */
const ROUNDING_MS = 1e-6;

type Lease = { readonly startsAtMs: number; readonly ms: number; leftMs: number };

/** The limit time that an agent has leased, and what it owes because calls used more than they were thought to. */
export type LeaseBalance = {
  add(startsAtMs: number, ms: number): void;
  /** Takes from the leases in force, the oldest first. False: they don't have that much, and nothing is taken. */
  take(ms: number, nowMs: number): boolean;
  /**
   * Charges a call that used `ms` more than was taken for it, or credits it if that's negative. Credit goes to the latest
   * lease, up to what that had when it was new.
   */
  correct(ms: number, nowMs: number): void;
  /** What the leases in force and those to come are good for; less than 0 if more than that is owed. */
  aheadMs(nowMs: number): number;
  nextStartMs(nowMs: number): number | undefined;
  /** Forgets the leases, but not what's owed. */
  drop(): void;
};

/**
 * Nothing lapses while `waits` says that calls wait. A call that needs several leases would otherwise lose the first
 * before the last starts, for ever.
 */
export function leaseBalance(waits: () => boolean = () => false): LeaseBalance {
  let leases: Lease[] = [];
  let owedMs = 0;

  /** Lets leases lapse, and pays what's owed from those in force. */
  function inForce(nowMs: number): readonly Lease[] {
    leases = leases.filter(
      ({ startsAtMs, leftMs }) => nowMs < startsAtMs + LAPSES_AFTER_MS || (leftMs > 0 && waits()),
    );
    const started = leases.filter(({ startsAtMs }) => startsAtMs <= nowMs);
    for (const lease of started) owedMs -= takeFrom(lease, owedMs);
    return started;
  }

  return {
    add(startsAtMs, ms) {
      leases.push({ startsAtMs, ms, leftMs: ms });
    },
    take(ms, nowMs) {
      const started = inForce(nowMs);
      if (owedMs > ROUNDING_MS || sum(started) + ROUNDING_MS < ms) return false;
      let missingMs = ms;
      for (const lease of started) missingMs -= takeFrom(lease, missingMs);
      return true;
    },
    correct(ms, nowMs) {
      const paidMs = Math.min(owedMs, Math.max(0, -ms));
      owedMs = Math.min(OWED_AT_MOST_MS, owedMs - paidMs + Math.max(0, ms));
      const latest = inForce(nowMs).at(-1);
      if (latest && ms < 0) latest.leftMs = Math.min(latest.ms, latest.leftMs - ms - paidMs);
    },
    aheadMs(nowMs) {
      inForce(nowMs);
      return sum(leases) - owedMs + ROUNDING_MS;
    },
    nextStartMs(nowMs) {
      const starts = leases.map(({ startsAtMs }) => startsAtMs).filter((startsAtMs) => startsAtMs > nowMs);
      return starts.length === 0 ? undefined : Math.min(...starts);
    },
    drop() {
      leases = [];
    },
  };
}

function takeFrom(lease: Lease, ms: number): number {
  const takenMs = Math.min(lease.leftMs, ms);
  lease.leftMs -= takenMs;
  return takenMs;
}

function sum(leases: readonly Lease[]): number {
  return leases.reduce((total, { leftMs }) => total + leftMs, 0);
}
