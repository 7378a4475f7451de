/** What a pool did in one minute of its history. */
export type HistoryMinute = {
  /** Minutes since 1970-01-01T00:00Z. */
  readonly minute: number;
  readonly arrivals: number;
  readonly completed: number;
  readonly durationMs: number;
};

/** A UTC day of a pool's history. Arrivals are by minute (0 to 1439), undefined where nothing was recorded. */
export type HistoryDay = {
  /** Days since 1970-01-01. */
  readonly day: number;
  readonly arrivals: readonly (number | undefined)[];
};
