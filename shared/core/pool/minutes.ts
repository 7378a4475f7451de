/** What an agent did in one minute, as counts and sums, so that windows over many agents just add up. */
export type MinuteBucket = {
  /** Minutes since 1970-01-01T00:00Z. */
  readonly minute: number;
  readonly completed: number;
  /** Sums over the tasks completed in this minute. */
  readonly durationMs: number;
  readonly queueWaitMs: number;
  readonly contextBytes: number;
  /** Completed tasks that started later than the objective allows. */
  readonly late: number;
};

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
  const current = ring.find((bucket) => bucket.minute === minute);
  const others = ring.filter((bucket) => bucket.minute !== minute && bucket.minute > minute - RING_MINUTES);
  return [
    ...others,
    {
      minute,
      completed: (current?.completed ?? 0) + 1,
      durationMs: (current?.durationMs ?? 0) + task.durationMs,
      queueWaitMs: (current?.queueWaitMs ?? 0) + task.queueWaitMs,
      contextBytes: (current?.contextBytes ?? 0) + task.contextBytes,
      late: (current?.late ?? 0) + (task.isLate ? 1 : 0),
    },
  ];
}
