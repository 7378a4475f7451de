/** The current time, and a way to wait. */
export type Clock = {
  /** Epoch milliseconds. */
  now(): number;
  /** Milliseconds that never go back, however the clock is set. Only the difference of two values means anything. */
  elapsed(): number;
  /** Resolves after `ms`, or at once when `signal` aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
};
