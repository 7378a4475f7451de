import * as z from 'zod';
import type { LimitUse } from '../../observation.ts';
import { ownValue } from '../../own-value.ts';
import type { PoolConfig } from '../../pool/config.ts';
import { LIMIT_MS_PER_SECOND } from '../../pool/provider-limit.ts';
import type { Signal, Step } from '../signal.ts';

const useShape = z.object({
  /** Decayed sums over slot-seconds that didn't wait for the limit: of the limit time used in a slot-second, and of its square. */
  slotSeconds: z.number(),
  used: z.number(),
  usedSquared: z.number(),
  /** Limit time that the service gives the pool in a second, in milliseconds: 1,000 until it refuses what's within that. */
  gives: z.number(),
});
type Use = Readonly<z.infer<typeof useShape>>;

const shape = z.record(z.string(), useShape);
export type LimitsUse = Readonly<Record<string, Use>>;

const NOTHING: Use = { slotSeconds: 0, used: 0, usedSquared: 0, gives: LIMIT_MS_PER_SECOND };

/**
 * Evidence of what a slot uses decays over this much time at work: long enough for a mean, short enough for another kind
 * of task. A pool without tasks forgets nothing.
 */
const MEMORY_SECONDS = 900;
/** A refusal is believed fast, and that the limit gives all of its time again slowly. */
const REFUSED_SECONDS = 60;
const RECOVERED_SECONDS = 600;
/** A slot's use is unknown until slots have worked for this long, in all. */
const LEAST_SLOT_SECONDS = 60;

/**
 * What a used slot uses of each limit of its pool. Slots that wait for the limit use nothing of it, however many there
 * are, so they don't count: otherwise, the more slots wait, the less each would seem to need.
 */
export const limitUse: Signal<LimitsUse> = { shape, initial: {}, learn, gap: (state) => state };

function learn(before: LimitsUse, { passed, observation: { agents }, config }: Step): LimitsUse {
  if (agents.kind === 'unknown') return before;
  const { seconds } = passed;
  return Object.fromEntries(
    config.limits.map(({ name }) => [
      name,
      learned(ownValue(before, name) ?? NOTHING, ownValue(agents.value.limitUse, name), seconds),
    ]),
  );
}

function learned(before: Use, now: LimitUse | undefined, seconds: number): Use {
  const open = now === undefined ? 0 : Math.max(0, now.slots - now.waitingSlots);
  const perSlot = now === undefined || open === 0 ? 0 : now.msPerSecond / open;
  const weight = open * seconds;
  const kept = open === 0 ? 1 : Math.exp(-seconds / MEMORY_SECONDS);
  const target = now !== undefined && now.refused > 0 ? now.msPerSecond : LIMIT_MS_PER_SECOND;
  const pace = target < before.gives ? REFUSED_SECONDS : RECOVERED_SECONDS;
  return {
    slotSeconds: before.slotSeconds * kept + weight,
    used: before.used * kept + weight * perSlot,
    usedSquared: before.usedSquared * kept + weight * perSlot ** 2,
    gives: before.gives + (target - before.gives) * (1 - Math.exp(-seconds / pace)),
  };
}

/** What's expected of a pool's use of one limit. */
export type LimitForecast = {
  readonly name: string;
  /** Limit time that a used slot uses in a second, in milliseconds, and its standard deviation; undefined until known. */
  readonly perSlot?: { readonly mean: number; readonly deviation: number };
  /** Limit time that the service gives the pool in a second, in milliseconds, at most {@link LIMIT_MS_PER_SECOND}. */
  readonly gives: number;
};

export function limitForecasts(state: LimitsUse, { limits }: PoolConfig): readonly LimitForecast[] {
  return limits.map(({ name }) => {
    const { slotSeconds, used, usedSquared, gives } = ownValue(state, name) ?? NOTHING;
    if (slotSeconds < LEAST_SLOT_SECONDS) return { name, gives };
    const mean = used / slotSeconds;
    const deviation = Math.sqrt(Math.max(0, usedSquared / slotSeconds - mean ** 2));
    return { name, gives, perSlot: { mean, deviation } };
  });
}
