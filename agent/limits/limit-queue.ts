import { describeError } from '../../shared/core/foreign-text.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { LimitStore } from '../../shared/ports/limit-store.ts';
import { LimitReached } from '../retry-later.ts';
import { leaseBalance } from './lease-balance.ts';
import { leaseSize } from './lease-size.ts';

/** At most one lease is requested in this time, for all calls that wait by then. */
const LEASE_EVERY_MS = 1_000;
/** The longest line that a slot waits in. When it's longer, its task is put off, and the slot is free meanwhile. */
const LINE_MS = 30_000;
/**
 * A new task is taken only if its first call would have its turn within this time. A line of that length keeps the limit
 * in use until the next tasks are taken.
 */
const SOON_MS = 10_000;
/** A task that's put off comes back no sooner. A moment later, the line would be as long again. */
const PUT_OFF_SECONDS = 5;
/**
 * Longest that a refusal closes a limit. Its tasks are put off for as long as the service says; others find out by then
 * whether that still holds, so one mistaken `retry-after` can't stop every pool for hours.
 */
const CLOSED_AT_MOST_MS = 600_000;

/** Weight of the latest call in the mean. */
const CALL_WEIGHT = 0.1;

type Ports = { readonly store: LimitStore; readonly clock: Clock };

/** What an agent has used of a limit since it started. */
export type LimitUsage = {
  /** In limit time: 60,000 are a minute's worth. */
  readonly usedMs: number;
  /** How long its slots have waited for the limit, all together, up to now. */
  readonly waitedMs: number;
  /** How many times the service refused it. */
  readonly refused: number;
};

/** One agent's calls of a limited service, in the order of their arrival. */
export type LimitQueue = {
  /**
   * Waits for a call's turn.
   * @throws LimitReached when it wouldn't come within 30 seconds; the signal's reason when that aborts.
   */
  acquire(ms: number, signal: AbortSignal): Promise<void>;
  /** A call has used `ms` more than it acquired, or less if that's negative. */
  correct(ms: number): void;
  /**
   * How many more tasks would have their first turn soon, as far as this agent knows, if their calls are like the last
   * ones. 0 or less: none.
   */
  room(): number;
  /** The service has refused a call: closes the limit for the agents of every pool. Rejects when only this one knows. */
  refused(afterSeconds: number): Promise<void>;
  usage(): LimitUsage;
};

type Call = { readonly ms: number; readonly since: number; readonly end: (how: Ended) => void };
type Ended = { readonly kind: 'served' } | { readonly kind: 'put off' | 'aborted'; readonly error: unknown };

export function limitQueue(name: string, { store, clock }: Ports): LimitQueue {
  const balance = leaseBalance(() => calls.length > 0);
  const size = leaseSize();
  let calls: readonly Call[] = [];
  let isWorking = false;
  let changed = new AbortController();
  let pausesUntil = Number.NEGATIVE_INFINITY;
  let nextLeaseAt = Number.NEGATIVE_INFINITY;
  /** There's no room in line until then. */
  let fullUntil = Number.NEGATIVE_INFINITY;
  let closedUntil = Number.NEGATIVE_INFINITY;
  /** Where the line ended when this agent last heard of it. */
  let lineEndsAt = Number.NEGATIVE_INFINITY;
  /** What a call acquires, as a decayed mean. */
  let meanMs: number | undefined;
  const usage = { usedMs: 0, waitedMs: 0, refused: 0 };

  return {
    acquire(ms, signal) {
      if (signal.aborted) return Promise.reject(signal.reason);
      meanMs = meanMs === undefined ? ms : meanMs + CALL_WEIGHT * (ms - meanMs);
      return new Promise((resolve, reject) => {
        const since = clock.elapsed();
        const onAbort = () => {
          end(call, { kind: 'aborted', error: signal.reason });
          goOn();
        };
        const call: Call = {
          ms,
          since,
          end: (how) => {
            signal.removeEventListener('abort', onAbort);
            usage.waitedMs += clock.elapsed() - since;
            if (how.kind === 'served') resolve();
            else reject(how.error);
          },
        };
        signal.addEventListener('abort', onAbort, { once: true });
        calls = [...calls, call];
        // Behind the others, it has no use for anything before the next lease.
        if (!isWorking || nextLeaseAt < pausesUntil) goOn();
      });
    },

    correct(ms) {
      usage.usedMs += ms;
      balance.correct(ms, clock.elapsed());
      goOn();
    },

    room() {
      if (meanMs === undefined) return Number.POSITIVE_INFINITY;
      const lineMs = Math.max(0, lineEndsAt - clock.elapsed()) + missing().allMs;
      return Math.ceil((SOON_MS - lineMs) / meanMs);
    },

    async refused(afterSeconds) {
      usage.refused += 1;
      const closedMs = Math.min(CLOSED_AT_MOST_MS, 1000 * afterSeconds);
      const until = clock.elapsed() + closedMs;
      // The calls under way are refused one after the other. One write is enough for all.
      if (until < closedUntil + LEASE_EVERY_MS) return;
      closedUntil = until;
      lineEndsAt = Math.max(lineEndsAt, until);
      balance.drop();
      goOn();
      await store.close(name, clock.now() + Math.ceil(closedMs));
    },

    usage() {
      const now = clock.elapsed();
      const stillMs = calls.reduce((sum, { since }) => sum + now - since, 0);
      return { ...usage, waitedMs: usage.waitedMs + stillMs };
    },
  };

  /** Works on the calls, if that isn't going on, or lets it see what has changed. */
  function goOn(): void {
    changed.abort();
    if (!isWorking) void work();
  }

  async function work(): Promise<void> {
    isWorking = true;
    // Calls made in the same moment share a lease.
    await Promise.resolve();
    for (serve(); calls.length > 0; serve()) {
      const now = clock.elapsed();
      const isCovered = missing().firstMs === 0;
      if (!isCovered && now < fullUntil) putOffUntilRoom();
      else if (!isCovered && now >= nextLeaseAt) await lease();
      else await pause(now, isCovered);
    }
    isWorking = false;
  }

  /** Serves the calls, in order, that the leases in force are good for. */
  function serve(): void {
    const now = clock.elapsed();
    for (let [first] = calls; first && balance.take(first.ms, now); [first] = calls) {
      usage.usedMs += first.ms;
      size.used(first.ms);
      end(first, { kind: 'served' });
    }
  }

  async function lease(): Promise<void> {
    const requestedAt = clock.elapsed();
    const nowMs = clock.now();
    const ms = size.next(missing(), requestedAt);
    nextLeaseAt = requestedAt + LEASE_EVERY_MS;
    try {
      const reserved = await store.reserve(name, { ms, nowMs, atMostAheadMs: LINE_MS });
      const aheadMs = requestedAt - nowMs;
      if (reserved.kind === 'reserved') {
        const startsAt = Math.max(closedUntil, aheadMs + reserved.startsAtMs);
        lineEndsAt = startsAt + ms;
        balance.add(startsAt, ms);
      } else {
        fullUntil = Math.max(closedUntil, aheadMs + reserved.againAtMs);
        lineEndsAt = Math.max(fullUntil, aheadMs + reserved.freeAtMs);
        putOffUntilRoom();
      }
    } catch (error) {
      // Whether the limit has room is unknown, which isn't the task's fault.
      putOff(PUT_OFF_SECONDS, `limit "${name}" can't be reached: ${describeError(error)}`);
    }
  }

  /** Waits until a lease starts or, for calls that none is good for, until the next one may be requested. */
  async function pause(now: number, isCovered: boolean): Promise<void> {
    const startsAt = balance.nextStartMs(now) ?? now + LEASE_EVERY_MS;
    pausesUntil = isCovered ? startsAt : Math.min(startsAt, nextLeaseAt);
    changed = new AbortController();
    await clock.sleep(pausesUntil - now, changed.signal);
  }

  /** The calls that the leases, even those to come, aren't good for. `firstMs` is 0 if there are none. */
  function missing(): { readonly firstMs: number; readonly allMs: number; readonly calls: readonly Call[] } {
    let aheadMs = balance.aheadMs(clock.elapsed());
    for (const [index, { ms }] of calls.entries()) {
      aheadMs -= ms;
      if (aheadMs >= 0) continue;
      const others = calls.slice(index + 1).reduce((sum, call) => sum + call.ms, 0);
      return { firstMs: -aheadMs, allMs: others - aheadMs, calls: calls.slice(index) };
    }
    return { firstMs: 0, allMs: 0, calls: [] };
  }

  function putOffUntilRoom(): void {
    const afterSeconds = Math.max(PUT_OFF_SECONDS, (fullUntil - clock.elapsed()) / 1000);
    putOff(afterSeconds, `limit "${name}" has no room for ${Math.ceil(afterSeconds)} s`);
  }

  function putOff(afterSeconds: number, reason: string): void {
    const error = new LimitReached({ afterSeconds, limit: name, reason });
    for (const call of missing().calls) end(call, { kind: 'put off', error });
  }

  function end(call: Call, how: Ended): void {
    calls = calls.filter((each) => each !== call);
    call.end(how);
  }
}
