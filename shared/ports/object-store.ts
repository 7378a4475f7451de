/** Immutable objects. */
export type ObjectStore = {
  put(key: string, content: Uint8Array): Promise<void>;
  /** Undefined: no such object. @throws ValueError when it's larger than `maxBytes`. */
  get(key: string, maxBytes: number): Promise<Uint8Array | undefined>;
  /** In the order of their keys, which is that of their bytes; from behind `after`, if given. */
  list(prefix: string, after?: string): AsyncIterable<{ readonly key: string; readonly writtenAtMs: number }>;
  delete(keys: readonly string[]): Promise<void>;
};
