import * as z from 'zod';
import type { Observation } from '../observation.ts';

const minuteCount = z.object({
  minute: z.number(),
  completed: z.number(),
  durationMs: z.number(),
  late: z.number(),
});
export type MinuteCount = Readonly<z.infer<typeof minuteCount>>;

/** A complete reading of the pool. Two of them give what happened in between. */
export const sampleShape = z.object({
  atMs: z.number(),
  /** Tasks in the system: queued or running. */
  inSystem: z.number(),
  /** Completions so far in each of the latest minutes. */
  minutes: z.array(minuteCount),
});
export type Sample = Readonly<z.infer<typeof sampleShape>>;

/** What happened between two samples. */
export type Passed = {
  readonly seconds: number;
  /** Can be slightly negative: SQS counts are approximate, and a sample may correct the one before it. */
  readonly arrivals: number;
  readonly completed: number;
  readonly durationSeconds: number;
  readonly late: number;
};

/** Agents write completions within a heartbeat of a minute's end; older minutes no longer change. */
const OPEN_MINUTES = 3;

/** A sample of the pool, or undefined while any part of it is unknown. */
export function sampleOf({ atMs, queue, agents }: Observation): Sample | undefined {
  if (queue.kind === 'unknown' || agents.kind === 'unknown') return undefined;
  const since = Math.floor(atMs / 60_000) - OPEN_MINUTES;
  return {
    atMs,
    inSystem: queue.value.visible + queue.value.inFlight + queue.value.delayed,
    minutes: agents.value.minutes
      .filter(({ minute }) => minute > since)
      .map(({ minute, completed, durationMs, late }) => ({ minute, completed, durationMs, late })),
  };
}

/**
 * What happened between two samples. Nothing counts arrivals directly, but every task that arrived is still in the
 * system or was completed: `arrivals = Δ in system + completions`.
 */
export function passedBetween(before: Sample, now: Sample, minutes: readonly MinuteCount[]): Passed {
  const since = Math.floor(before.atMs / 60_000) - OPEN_MINUTES;
  const sum = (counts: readonly MinuteCount[], field: Exclude<keyof MinuteCount, 'minute'>) =>
    counts.reduce((total, count) => (count.minute > since ? total + count[field] : total), 0);
  const change = (field: Exclude<keyof MinuteCount, 'minute'>) =>
    Math.max(0, sum(minutes, field) - sum(before.minutes, field));
  const completed = change('completed');
  return {
    seconds: (now.atMs - before.atMs) / 1000,
    arrivals: now.inSystem - before.inSystem + completed,
    completed,
    durationSeconds: change('durationMs') / 1000,
    late: change('late'),
  };
}
