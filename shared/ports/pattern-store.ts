/** Which common patterns a pool's new snapshots are compressed with. */
export type PatternStore = {
  current(): Promise<string | undefined>;
  setCurrent(hash: string, nowMs: number): Promise<void>;
};
