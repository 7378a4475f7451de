/**
 * How far the compaction of a pool has got. It goes through the pool's contexts in the order of their keys; a run that
 * has to stop is continued by the next one.
 */
export type Compaction = {
  readonly startedAtMs: number;
  /** The last context that was visited. Absent: it has only begun. */
  readonly after?: string;
  /** Absent: there are contexts left. */
  readonly completedAtMs?: number;
  /** The conversations that went on last, of those visited: what patterns are learned from. At most 64. */
  readonly latest: readonly { readonly contextId: string; readonly updatedAtMs: number }[];
  /** Hashes of the patterns that the contexts visited need. */
  readonly patterns: readonly string[];
  /** Patterns that no context needs, and since when. */
  readonly unneeded: Readonly<Record<string, number>>;
};

export type CompactionStore = {
  load(): Promise<Compaction | undefined>;
  save(compaction: Compaction): Promise<void>;
};
