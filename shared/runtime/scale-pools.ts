import { isIdlePool } from '../core/idle-pool.ts';
import type { PoolConfig } from '../core/pool/config.ts';
import type { Lease } from '../core/pool/state.ts';
import type { Clock } from '../ports/clock.ts';
import { type TickPorts, type TickResult, tick } from './tick.ts';

type Ticked = Extract<TickResult, { kind: 'ticked' }>;

export type ScaledPool = { readonly config: PoolConfig; readonly ports: TickPorts };

/** The schedule invokes the scaler once a minute, and each run hands over to the next. */
const RUN_MS = 60_000;

/**
 * A woken pool is ticked every few seconds until a tick sees its task: SQS's counts are approximate, and lag behind what
 * was sent. While another run holds the pool, it's tried only once more: that run may have been about to end.
 */
const WAKE = { everyMs: 2_000, forMs: 20_000, ofOthersForMs: 2_000 };

/** A tick that takes longer is abandoned, so that the next ticks start and the run ends in time. */
const TICK_DEADLINE_MS = 12_000;

/**
 * Ticks every pool independently until the minute is over, an idle pool only once. A failed tick stops neither the
 * other pools nor the pool's own next tick.
 * @throws AggregateError at the end when any tick failed, so that the function's error alarm fires.
 */
export async function scalePools(pools: readonly ScaledPool[], holder: string, clock: Clock): Promise<void> {
  await runAll(pools, { kind: 'scheduled', holder, startMs: clock.now(), clock, inTurn: turnTaking() });
}

/**
 * Ticks an idle pool out of turn because it was just sent a task, until a tick sees that, and then like a scheduled run.
 * Leaves a pool to the run that holds it, and one with a ceiling to the next scheduled run: two pools that are woken at
 * once would both take the room that's left under it.
 * @throws AggregateError as {@link scalePools} does.
 */
export async function wakePool(pool: ScaledPool, holder: string, clock: Clock): Promise<void> {
  if (pool.config.ceiling !== undefined) return;
  await runAll([pool], { kind: 'wake', holder, startMs: clock.now(), clock, inTurn: turnTaking() });
}

async function runAll(pools: readonly ScaledPool[], run: Run): Promise<void> {
  const errors = await Promise.all(pools.map((pool) => scalePool(pool, run)));
  const failed = errors.flat();
  if (failed.length > 0) throw new AggregateError(failed, `${failed.length} tick(s) failed: ${failed[0]}`);
}

type Run = {
  readonly kind: 'scheduled' | 'wake';
  readonly holder: string;
  readonly startMs: number;
  readonly clock: Clock;
  readonly inTurn: TakeTurns;
};

async function scalePool(pool: ScaledPool, run: Run): Promise<Error[]> {
  const { holder, startMs, clock, inTurn } = run;
  const errors: Error[] = [];
  let lease: Lease | undefined;
  let atMs: number | undefined = startMs;
  while (atMs !== undefined && atMs < startMs + RUN_MS) {
    await clock.sleep(Math.max(0, atMs - clock.now()));
    const ticked = await inTurn(pool.config.ceiling?.name, () => tickOnce(pool, holder, clock));
    if (ticked instanceof Error) errors.push(ticked);
    else lease = ticked?.lease;
    atMs = nextTick(run, pool.config, ticked);
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

/**
 * The next multiple of the tick interval: a slow tick delays the next one, and never causes two at once. Undefined: this
 * run leaves the pool alone from now on.
 */
function nextTick(
  { kind, startMs, clock }: Run,
  { tickSeconds }: PoolConfig,
  ticked: Ticked | Error | undefined,
): number | undefined {
  const next = (everyMs: number) => startMs + everyMs * (Math.floor((clock.now() - startMs) / everyMs) + 1);
  if (ticked instanceof Error) return next(tickSeconds * 1000);
  if (kind === 'scheduled') return ticked && isIdlePool(ticked.record) ? undefined : next(tickSeconds * 1000);
  if (ticked && !isIdlePool(ticked.record)) return next(tickSeconds * 1000);
  const forMs = ticked ? WAKE.forMs : WAKE.ofOthersForMs;
  return clock.now() < startMs + forMs ? next(WAKE.everyMs) : undefined;
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
