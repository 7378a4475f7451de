import * as z from 'zod';
import type { Signal, Step } from '../signal.ts';

/** Minutes kept for writing; older ones that couldn't be written are dropped. */
const UNSAVED_AT_MOST = 60;

const shape = z.array(z.object({ minute: z.number(), arrivals: z.number() }));
export type UnsavedMinutes = readonly { readonly minute: number; readonly arrivals: number }[];

/** Arrivals per minute that aren't in the pool's history yet. Those of a gap weren't counted and stay unknown. */
export const unsavedMinutes: Signal<UnsavedMinutes> = {
  shape,
  initial: [],
  learn: (unsaved, { sample, passed }: Step) => countArrivals(unsaved, sample.atMs, passed.arrivals),
  gap: (unsaved) => unsaved,
};

/** Adds arrivals to the minute they were counted in. */
function countArrivals(unsaved: UnsavedMinutes, atMs: number, arrivals: number): UnsavedMinutes {
  const minute = Math.floor(atMs / 60_000);
  const latest = unsaved.at(-1);
  if (latest?.minute === minute)
    return [...unsaved.slice(0, -1), { minute, arrivals: latest.arrivals + arrivals }];
  return [...unsaved, { minute, arrivals }].slice(-UNSAVED_AT_MOST);
}
