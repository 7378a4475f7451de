import * as z from 'zod';
import type { PoolConfig } from '../../pool/config.ts';
import type { Signal, Step } from '../signal.ts';

const slot = z.object({
  seconds: z.number(),
  arrivals: z.number(),
  taken: z.number(),
  /** Slots that took tasks in this time, times its seconds. */
  slotSeconds: z.number(),
});
type Slot = Readonly<z.infer<typeof slot>>;
const shape = z.array(slot);
export type Pace = readonly Slot[];

/** Slots in the allowed queue wait; fewer where a tick is longer than that. */
const SLOTS = 20;

/** What arrived and what was taken from the queue lately, as counted. A gap is no part of it. */
export const pace: Signal<Pace> = {
  shape,
  initial: [],
  learn: (slots, step) => latest(added(slots, slotOf(step), step.config), step.config),
  gap: () => [],
};

function slotOf({ passed: { seconds, arrivals, taken }, observation: { agents } }: Step): Slot {
  const taking = agents.kind === 'known' ? agents.value.slots.used + agents.value.slots.free : 0;
  return { seconds, arrivals, taken, slotSeconds: taking * seconds };
}

function added(slots: Pace, next: Slot, { objective }: PoolConfig): Pace {
  const last = slots.at(-1);
  if (last === undefined || last.seconds + next.seconds > objective.withinSeconds / SLOTS)
    return [...slots, next];
  return [...slots.slice(0, -1), sum([last, next])];
}

/** As many slots as cover the allowed queue wait. */
function latest(slots: Pace, { objective }: PoolConfig): Pace {
  let seconds = 0;
  let from = slots.length;
  while (from > 0 && seconds < objective.withinSeconds) {
    from -= 1;
    seconds += (slots[from] as Slot).seconds;
  }
  return slots.slice(from);
}

function sum(slots: Pace): Slot {
  const total = { seconds: 0, arrivals: 0, taken: 0, slotSeconds: 0 };
  for (const { seconds, arrivals, taken, slotSeconds } of slots) {
    total.seconds += seconds;
    total.arrivals += arrivals;
    total.taken += taken;
    total.slotSeconds += slotSeconds;
  }
  return total;
}

/** What happened within the allowed queue wait. */
export type Lately = {
  /** Tasks that arrived; of the visible messages, more than these have waited longer than allowed. */
  readonly arrivals: number;
  /** Tasks that each slot took. */
  readonly takenPerSlot: number;
};

/** Undefined until a time as long as the allowed queue wait is known. */
export function lately(slots: Pace, { objective }: PoolConfig): Lately | undefined {
  const { seconds, arrivals, taken, slotSeconds } = sum(slots);
  if (seconds < objective.withinSeconds) return undefined;
  const open = slotSeconds / seconds;
  return { arrivals: Math.max(0, arrivals), takenPerSlot: open > 0 ? Math.max(0, taken) / open : 0 };
}

/**
 * How many runnable tasks have waited longer than the objective allows. A queue is served in order: of `v` runnable
 * messages with `n` arrivals within the allowed queue wait, `v - n` have waited longer.
 */
export function overdueTasks(runnable: number, { arrivals }: Lately): number {
  return Math.max(0, Math.round(runnable - arrivals));
}
