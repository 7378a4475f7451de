import {
  LIMIT_MS_PER_SECOND,
  limitTimeMs,
  type ProviderLimit,
} from '../../shared/core/pool/provider-limit.ts';

/** What may be used at once: a minute's worth, which is what most providers count. */
const CAPACITY_MS = 60_000;
/** The usual SDKs wait for half a second after a refusal, then for twice as long each time, and for 8 s at most. */
const BACK_OFF_SECONDS = { first: 0.5, most: 8 } as const;
/** As an agent's: while the line is longer, tasks stay in the queue. */
const SOON_SECONDS = 10;

/**
 * The service behind the agents of a simulated pool, with a limit: a bucket that fills at the limit's rate. A task is one
 * call when it starts. A call beyond the limit is refused, and retried by the SDK's back-off while its slot waits.
 *
 * Agents that know the limit stand in line for it instead, as those of production do.
 */
export class Provider {
  refused = 0;
  readonly #limit: ProviderLimit;
  #levelMs = CAPACITY_MS;
  #atSeconds = 0;
  /** Up to when its time is leased. */
  #freeAt = 0;

  constructor(limit: ProviderLimit) {
    this.#limit = limit;
  }

  /** Limit time that a call takes, in milliseconds. */
  timeMs(tokens: number): number {
    return limitTimeMs(this.#limit, { requests: 1, tokens });
  }

  /** Makes a call. False: it's refused. */
  call(tokens: number, nowSeconds: number): boolean {
    const filled = this.#levelMs + (nowSeconds - this.#atSeconds) * LIMIT_MS_PER_SECOND;
    this.#levelMs = Math.min(CAPACITY_MS, filled);
    this.#atSeconds = nowSeconds;
    const ms = this.timeMs(tokens);
    if (ms > this.#levelMs) {
      this.refused += 1;
      return false;
    }
    this.#levelMs -= ms;
    return true;
  }

  /** Takes a place in line for a call. Returns when it has its turn. */
  turn(tokens: number, nowSeconds: number): number {
    const at = Math.max(this.#freeAt, nowSeconds);
    this.#freeAt = at + this.timeMs(tokens) / 1000;
    return at;
  }

  /** From when on the line is short enough for another task. */
  get roomAtSeconds(): number {
    return this.#freeAt - SOON_SECONDS;
  }

  get freeAtSeconds(): number {
    return this.#freeAt;
  }
}

/** The pause after a call was refused for the nth time in a row, from 0. */
export function backOffSeconds(times: number): number {
  return Math.min(BACK_OFF_SECONDS.most, BACK_OFF_SECONDS.first * 2 ** times);
}
