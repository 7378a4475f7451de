import type { FaultSource } from '../aws/faults.ts';
import type { Engine, Process } from '../engine.ts';

/** Kinds of faults, to be left out one by one. */
export const FAULTS = [
  'error before',
  'error after',
  'slow',
  'partition',
  'crash',
  'freeze',
  'stuck',
  'protection hangs',
  'stale counts',
  'delivered twice',
  'purged',
  'moved by SQS',
  'kill agent',
  'spot interruption',
  'kill scaler',
  'freeze scaler',
  'skip scaler',
  'double scaler',
  'scaler away',
  'clock off',
  'receive hangs',
  'lose event',
  'not placed',
  'never placed',
  'stale service',
  'handler throws',
  'handler hangs',
  'handler slow',
  'task cancelled',
  'deployment',
  'forced deployment',
  'instance drains',
  'compact',
  'pause',
  'concurrency changed',
  'model refuses',
] as const;
export type Fault = (typeof FAULTS)[number];

/** The SDK's: tries of a call, and the pause after the first. */
const TRIES = 4;
const BACKOFF_MS = 100;
/** What `shared/aws/clients.ts` allows a call to take. */
const TIMEOUT_MS = 5_000;

/** Which faults happen: all but some, until they stop. */
export class Faults implements FaultSource {
  isOver: boolean = false;
  injected = 0;
  readonly left: ReadonlySet<Fault>;
  private readonly engine: Engine;
  private partitionedUntilMs = 0;

  constructor(engine: Engine, without: readonly Fault[]) {
    this.engine = engine;
    this.left = new Set(FAULTS.filter((fault) => !without.includes(fault)));
  }

  /** Whether a fault happens now. */
  strikes(fault: Fault, probability: number): boolean {
    const does = this.engine.chance.happens(fault, probability);
    if (!does || this.isOver || !this.left.has(fault)) return false;
    this.injected += 1;
    return true;
  }

  /** A while in which nobody reaches anything. */
  get isPartitioned(): boolean {
    if (this.strikes('partition', 0.0002)) {
      const seconds = this.engine.chance.between('partition length', 5, 90);
      this.partitionedUntilMs = this.engine.nowMs + seconds * 1000;
      this.engine.log(`fault: AWS cannot be reached for ${seconds.toFixed(0)} s`);
    }
    return !this.isOver && this.engine.nowMs < this.partitionedUntilMs;
  }
}

/** A process that makes calls, and what may happen to them. */
type Caller = { readonly engine: Engine; readonly faults: Faults; readonly process: Process };

/**
 * Makes a call as the SDK does: it takes time, may fail before or after its effect, is tried again, and never returns to
 * a process that was killed meanwhile.
 */
async function call<T>(caller: Caller, name: string, effect: () => T | Promise<T>): Promise<T> {
  const { process } = caller;
  for (let attempt = 1; ; attempt++) {
    const outcome = await tryOnce(caller, name, effect);
    strike(caller, name);
    await new Promise<void>((resolve) => process.goOn(resolve));
    if (outcome.kind === 'answer') return outcome.value;
    if (attempt === TRIES) throw new Error(`${name}: ${outcome.fault}`);
    await process.clock.sleep(BACKOFF_MS * 2 ** attempt);
  }
}

/** A process may end or stand still between any two steps. */
function strike({ engine, faults, process }: Caller, after: string): void {
  if (!process.isAlive) return;
  if (faults.strikes('crash', 0.0008)) {
    engine.log(`fault: ${process.name} crashes after ${after}`);
    process.crash();
  } else if (faults.strikes('freeze', after === 'table.begin' ? 0.02 : 0.002)) {
    const seconds = engine.chance.between('frozen for', 5, 120);
    engine.log(`fault: ${process.name} stands still for ${seconds.toFixed(0)} s after ${after}`);
    process.freeze(seconds * 1000);
  } else if (faults.strikes('stuck', 0.0003)) {
    engine.log(`fault: ${process.name} stands still for good after ${after}`);
    process.freeze(Number.POSITIVE_INFINITY);
  }
}

type Tried<T> =
  | { readonly kind: 'answer'; readonly value: T }
  | { readonly kind: 'fault'; readonly fault: string };

async function tryOnce<T>(
  { engine, faults, process }: Caller,
  name: string,
  effect: () => T | Promise<T>,
): Promise<Tried<T>> {
  const slow = faults.strikes('slow', 0.01) ? engine.chance.between('slowness', 500, TIMEOUT_MS) : 0;
  await engine.wait(engine.chance.between('latency', 1, 20) + slow / 2);
  // A process that was killed has sent its request, or not.
  if (!process.isAlive && engine.chance.happens('unsent', 0.5)) return { kind: 'fault', fault: 'killed' };
  if (faults.isPartitioned) {
    await engine.wait(TIMEOUT_MS);
    return { kind: 'fault', fault: 'not reached' };
  }
  if (faults.strikes('error before', 0.01)) {
    engine.log(`fault: ${process.name} ${name} throttled`);
    return { kind: 'fault', fault: 'throttled' };
  }
  const value = await effect();
  await engine.wait(engine.chance.between('latency', 1, 20) + slow / 2);
  if (faults.strikes('error after', 0.01)) {
    engine.log(`fault: ${process.name} ${name} was done, its answer is lost`);
    return { kind: 'fault', fault: 'answer lost' };
  }
  return { kind: 'answer', value };
}

/** All methods of a port as calls. */
export function remote<Port extends object>(caller: Caller, service: string, port: Port): Port {
  return Object.fromEntries(
    Object.entries(port).map(([name, method]) => [
      name,
      (...args: readonly unknown[]) =>
        call(caller, `${service}.${name}`, () =>
          (method as (...given: readonly unknown[]) => unknown)(...args),
        ),
    ]),
  ) as Port;
}
