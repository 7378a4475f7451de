/** Which patterns compress a pool's new snapshots. */
export type PatternStore = {
  current(): Promise<string | undefined>;
  setCurrent(hash: string, nowMs: number): Promise<void>;
};
