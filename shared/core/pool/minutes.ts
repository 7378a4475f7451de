/**
 * What an agent counts in a minute, in the order in which it is stored. Waits are counted when a task first starts;
 * durations and context sizes when an attempt ends.
 */
export const MINUTE_COUNTS = [
  /** Tasks that started for the first time, the sum of their queue waits, and how many of them started late. */
  'started',
  'queueWaitMs',
  'late',
  /** Completed attempts, the sum of their durations, and of the sizes of their contexts. */
  'completed',
  'durationMs',
  'contextBytes',
  /** Failed attempts, the sum of their durations, and how many of them were the task's last. */
  'failed',
  'failedMs',
  'givenUp',
] as const;
export type MinuteCounts = Readonly<Record<(typeof MINUTE_COUNTS)[number], number>>;

/** What an agent did in one minute, as counts and sums, so that windows over many agents just add up. */
export type MinuteBucket = MinuteCounts & {
  /** Minutes since 1970-01-01T00:00Z. */
  readonly minute: number;
};

const NOTHING = Object.fromEntries(MINUTE_COUNTS.map((count) => [count, 0])) as MinuteCounts;

/** A minute's bucket with these counts, and zero for the others. */
export function bucketOf(minute: number, counts: Partial<MinuteCounts> = {}): MinuteBucket {
  return { ...NOTHING, ...counts, minute };
}

/** The counts of two buckets together, under the first one's minute. */
export function addBuckets(a: MinuteBucket, b: Partial<MinuteCounts>): MinuteBucket {
  const sum: { -readonly [Field in keyof MinuteBucket]: number } = { ...a };
  for (const count of MINUTE_COUNTS) sum[count] += b[count] ?? 0;
  return sum;
}

/** How many minutes an agent's record covers. */
export const RING_MINUTES = 15;

/** Adds counts at `atMs`; minutes older than {@link RING_MINUTES} drop out. */
export function countMinute(
  ring: readonly MinuteBucket[],
  atMs: number,
  counts: Partial<MinuteCounts>,
): readonly MinuteBucket[] {
  const minute = Math.floor(atMs / 60_000);
  const current = ring.find((bucket) => bucket.minute === minute) ?? bucketOf(minute);
  const others = ring.filter((bucket) => bucket.minute !== minute && bucket.minute > minute - RING_MINUTES);
  return [...others, addBuckets(current, counts)];
}

/** What is counted when a task starts for the first time. */
export function startedTask(queueWaitMs: number, withinSeconds: number): Partial<MinuteCounts> {
  return { started: 1, queueWaitMs, late: queueWaitMs > withinSeconds * 1000 ? 1 : 0 };
}

/** What is counted when an attempt has completed its task. */
export function completedAttempt(durationMs: number, contextBytes: number): Partial<MinuteCounts> {
  return { completed: 1, durationMs, contextBytes };
}

/** What is counted when an attempt has failed. */
export function failedAttempt(durationMs: number, isFinal: boolean): Partial<MinuteCounts> {
  return { failed: 1, failedMs: durationMs, givenUp: isFinal ? 1 : 0 };
}
