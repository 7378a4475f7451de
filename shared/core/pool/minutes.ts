/** What an agent did in one minute: counts and sums, so that windows over many agents just add up. */
export type MinuteBucket = {
  /** Minutes since 1970-01-01T00:00Z. */
  readonly minute: number;
  readonly completed: number;
  /** Sums over the tasks completed in this minute. */
  readonly durationMs: number;
  readonly queueWaitMs: number;
  readonly contextBytes: number;
  /** Those of them that started later than the objective asks. */
  readonly late: number;
};

/** A completed task, as it is counted. */
export type CompletedTask = Pick<MinuteBucket, 'durationMs' | 'queueWaitMs' | 'contextBytes'> & {
  readonly isLate: boolean;
};

/** How many minutes an agent's record remembers. */
export const RING_MINUTES = 15;

/** Adds one completed task at `atMs`; minutes older than {@link RING_MINUTES} fall out. */
export function countCompleted(
  ring: readonly MinuteBucket[],
  atMs: number,
  work: CompletedTask,
): readonly MinuteBucket[] {
  const minute = Math.floor(atMs / 60_000);
  const current = ring.find((bucket) => bucket.minute === minute);
  const others = ring.filter((bucket) => bucket.minute !== minute && bucket.minute > minute - RING_MINUTES);
  return [
    ...others,
    {
      minute,
      completed: (current?.completed ?? 0) + 1,
      durationMs: (current?.durationMs ?? 0) + work.durationMs,
      queueWaitMs: (current?.queueWaitMs ?? 0) + work.queueWaitMs,
      contextBytes: (current?.contextBytes ?? 0) + work.contextBytes,
      late: (current?.late ?? 0) + (work.isLate ? 1 : 0),
    },
  ];
}
