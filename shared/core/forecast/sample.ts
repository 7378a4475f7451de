import * as z from 'zod';
import type { Observation } from '../observation.ts';
import type { MinuteBucket } from '../pool/minutes.ts';

const minuteCount = z.object({
  minute: z.number(),
  /** Tasks that started for the first time, and how many of them late. */
  started: z.number(),
  late: z.number(),
  /** Tasks that ended for good, and the time agents spent on attempts that ended, completed or failed. */
  ended: z.number(),
  busyMs: z.number(),
});
type MinuteCount = Readonly<z.infer<typeof minuteCount>>;
type Counted = Exclude<keyof MinuteCount, 'minute'>;

/** A complete reading of the pool. Two of them give what happened in between. */
export const sampleShape = z.object({
  atMs: z.number(),
  /** Tasks in the system: queued or running. */
  inSystem: z.number(),
  /** Those that agents have received, or that are delayed: all but the visible ones. */
  received: z.number(),
  /** Counts so far in each of the latest minutes. */
  minutes: z.array(minuteCount),
});
export type Sample = Readonly<z.infer<typeof sampleShape>>;

/** What happened between two samples. */
export type Passed = {
  readonly seconds: number;
  /** Can be slightly negative: SQS counts are approximate, and a sample may correct the one before it. */
  readonly arrivals: number;
  /** Tasks that agents have taken from the queue, less those returned to it. */
  readonly taken: number;
  readonly started: number;
  readonly late: number;
  readonly ended: number;
  /** Time that agents spent on the attempts that ended, completed or failed. */
  readonly busySeconds: number;
};

/** Agents write counts within a heartbeat of a minute's end; older minutes no longer change. */
const OPEN_MINUTES = 3;

/** A sample of the pool, or undefined while any part of it is unknown. */
export function sampleOf({ atMs, queue, agents }: Observation): Sample | undefined {
  if (queue.kind === 'unknown' || agents.kind === 'unknown') return undefined;
  const since = Math.floor(atMs / 60_000) - OPEN_MINUTES;
  const received = queue.value.inFlight + queue.value.delayed;
  return {
    atMs,
    inSystem: queue.value.visible + received,
    received,
    minutes: agents.value.minutes.filter(({ minute }) => minute > since).map(countOf),
  };
}

function countOf({
  minute,
  started,
  late,
  completed,
  givenUp,
  durationMs,
  failedMs,
}: MinuteBucket): MinuteCount {
  return { minute, started, late, ended: completed + givenUp, busyMs: durationMs + failedMs };
}

/**
 * What happened between two samples. Nothing counts arrivals directly, but every task that arrived is still in the
 * system or has ended: `arrivals = Δ in system + ended`.
 */
export function passedBetween(before: Sample, now: Sample, minutes: readonly MinuteBucket[]): Passed {
  const since = Math.floor(before.atMs / 60_000) - OPEN_MINUTES;
  const counts = minutes.filter(({ minute }) => minute > since).map(countOf);
  const sum = (of: readonly MinuteCount[], field: Counted) =>
    of.reduce((total, count) => (count.minute > since ? total + count[field] : total), 0);
  const change = (field: Counted) => Math.max(0, sum(counts, field) - sum(before.minutes, field));
  const ended = change('ended');
  return {
    seconds: (now.atMs - before.atMs) / 1000,
    arrivals: now.inSystem - before.inSystem + ended,
    taken: now.received - before.received + ended,
    started: change('started'),
    late: change('late'),
    ended,
    busySeconds: change('busyMs') / 1000,
  };
}
