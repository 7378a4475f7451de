import { isIdlePool } from '../core/idle-pool.ts';
import type { PoolConfig } from '../core/pool/config.ts';
import type { Lease } from '../core/pool/state.ts';
import type { Clock } from '../ports/clock.ts';
import { type TickPorts, type TickResult, tick } from './tick.ts';

type Ticked = Extract<TickResult, { kind: 'ticked' }>;

export type ScaledPool = { readonly config: PoolConfig; readonly ports: TickPorts };

/** The schedule invokes the scaler once a minute, and each run hands over to the next. */
const RUN_MS = 60_000;

/** A tick that takes longer is abandoned, so that the next ticks start and the run ends in time. */
const TICK_DEADLINE_MS = 12_000;

/**
 * Ticks every pool independently until the minute is over, an idle pool only once. A failed tick stops neither the
 * other pools nor the pool's own next tick.
 * @throws AggregateError at the end when any tick failed, so that the function's error alarm fires.
 */
export async function scalePools(pools: readonly ScaledPool[], holder: string, clock: Clock): Promise<void> {
  const startMs = clock.now();
  const inTurn = turnTaking();
  const errors = await Promise.all(pools.map((pool) => scalePool(pool, { holder, startMs, clock, inTurn })));
  const failed = errors.flat();
  if (failed.length > 0) throw new AggregateError(failed, `${failed.length} tick(s) failed: ${failed[0]}`);
}

type Run = {
  readonly holder: string;
  readonly startMs: number;
  readonly clock: Clock;
  readonly inTurn: TakeTurns;
};

async function scalePool(pool: ScaledPool, { holder, startMs, clock, inTurn }: Run): Promise<Error[]> {
  const errors: Error[] = [];
  const tickMs = pool.config.tickSeconds * 1000;
  let lease: Lease | undefined;
  for (let atMs = startMs; atMs < startMs + RUN_MS; atMs = nextTick(startMs, tickMs, clock.now())) {
    await clock.sleep(Math.max(0, atMs - clock.now()));
    const ticked = await inTurn(pool.config.ceiling?.name, () => tickOnce(pool, holder, clock));
    if (ticked instanceof Error) errors.push(ticked);
    else lease = ticked?.lease;
    if (ticked && !(ticked instanceof Error) && isIdlePool(ticked.record)) break;
  }
  // The next run takes over at once instead of waiting for the lease to expire.
  if (lease) {
    await pool.ports.store.releaseLease(lease).catch((error: unknown) => errors.push(toError(error)));
  }
  return errors;
}

type TakeTurns = <T>(ceiling: string | undefined, work: () => Promise<T>) => Promise<T>;

/** Pools under one ceiling tick one after another. Otherwise two that grow at once would both take the same room. */
function turnTaking(): TakeTurns {
  const latest = new Map<string, Promise<unknown>>();
  return (ceiling, work) => {
    if (ceiling === undefined) return work();
    const turn = (latest.get(ceiling) ?? Promise.resolve()).then(work);
    latest.set(ceiling, turn);
    return turn;
  };
}

/** The next multiple of the tick interval: a slow tick delays the next one, and never causes two at once. */
function nextTick(startMs: number, tickMs: number, nowMs: number): number {
  return startMs + tickMs * (Math.floor((nowMs - startMs) / tickMs) + 1);
}

/** The tick's result, undefined when another run holds the pool, or the error. */
async function tickOnce(
  { config, ports }: ScaledPool,
  holder: string,
  clock: Clock,
): Promise<Ticked | Error | undefined> {
  const timeout = new AbortController();
  try {
    const result = await Promise.race([
      tick(ports, config, holder),
      clock.sleep(TICK_DEADLINE_MS, timeout.signal).then(() => 'late' as const),
    ]);
    if (result === 'late') throw new Error(`pool ${config.name}: no decision within ${TICK_DEADLINE_MS} ms`);
    if (result.kind === 'ticked' && result.record.outcome.kind === 'failed') {
      const { step, reason } = result.record.outcome;
      throw new Error(`pool ${config.name}: could not ${step}: ${reason}`);
    }
    return result.kind === 'ticked' ? result : undefined;
  } catch (error) {
    ports.telemetry.tickFailed(config.name, error);
    return toError(error);
  } finally {
    timeout.abort();
  }
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
