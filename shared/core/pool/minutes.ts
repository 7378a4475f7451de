/**
 * What is counted of the tasks completed in a minute, in the order in which it is stored: their number, sums of their
 * durations, queue waits and context sizes, and how many started later than the objective allows.
 */
export const MINUTE_COUNTS = ['completed', 'durationMs', 'queueWaitMs', 'contextBytes', 'late'] as const;
export type MinuteCounts = Readonly<Record<(typeof MINUTE_COUNTS)[number], number>>;

/** What an agent did in one minute, as counts and sums, so that windows over many agents just add up. */
export type MinuteBucket = MinuteCounts & {
  /** Minutes since 1970-01-01T00:00Z. */
  readonly minute: number;
};

/** The counts of two buckets together, under the first one's minute. */
export function addBuckets(a: MinuteBucket, b: MinuteCounts): MinuteBucket {
  const sum: { -readonly [Field in keyof MinuteBucket]: number } = { ...a };
  for (const count of MINUTE_COUNTS) sum[count] += b[count];
  return sum;
}

/** A completed task, as counted. */
export type CompletedTask = Pick<MinuteBucket, 'durationMs' | 'queueWaitMs' | 'contextBytes'> & {
  readonly isLate: boolean;
};

/** How many minutes an agent's record covers. */
export const RING_MINUTES = 15;

/** Adds one completed task at `atMs`; minutes older than {@link RING_MINUTES} drop out. */
export function countCompleted(
  ring: readonly MinuteBucket[],
  atMs: number,
  task: CompletedTask,
): readonly MinuteBucket[] {
  const minute = Math.floor(atMs / 60_000);
  const { isLate, durationMs, queueWaitMs, contextBytes } = task;
  const counts = { completed: 1, durationMs, queueWaitMs, contextBytes, late: isLate ? 1 : 0 };
  const current = ring.find((bucket) => bucket.minute === minute);
  const others = ring.filter((bucket) => bucket.minute !== minute && bucket.minute > minute - RING_MINUTES);
  return [...others, current ? addBuckets(current, counts) : { minute, ...counts }];
}
