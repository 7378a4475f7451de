import { patternKey } from '../ports/object-keys.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import type { PatternStore } from '../ports/pattern-store.ts';
import { ValueError } from '../tasks/values.ts';
import { contentHash } from './chain.ts';

/** Text that a pool's contexts have in common: system prompts, tool definitions, preambles, frequent replies. */
export type Pattern = { readonly hash: string; readonly content: Uint8Array };

/** Access to a pool's patterns. */
export type Patterns = {
  /** The patterns that compress new snapshots; undefined while there are none. */
  current(): Promise<Pattern | undefined>;
  /** @throws ValueError when the object is missing or its content doesn't match its hash. */
  get(hash: string): Promise<Uint8Array>;
};

/** Largest pattern object that's read. */
export const PATTERN_BYTES_AT_MOST = 512 * 1024;
/** New patterns are learned nightly. */
const FRESH_MS = 10 * 60_000;

export const NO_PATTERNS: Patterns = {
  current: async () => undefined,
  get: (hash) => Promise.reject(new ValueError(`unknown patterns ${hash}: the pool has none`)),
};

/** Fetches each pattern once. If the current one can't be read, snapshots are larger, nothing else. */
export function patterns(
  pool: string,
  { store, objects, nowMs }: { store: PatternStore; objects: ObjectStore; nowMs: () => number },
): Patterns {
  const known = new Map<string, Promise<Uint8Array>>();
  let latest: { readonly atMs: number; readonly pattern: Pattern | undefined } | undefined;
  const get = (hash: string) => {
    const content = known.get(hash) ?? fetchPattern(objects, pool, hash);
    known.set(hash, content);
    content.catch(() => known.delete(hash));
    return content;
  };
  return {
    get,
    async current() {
      if (latest === undefined || nowMs() - latest.atMs > FRESH_MS) {
        latest = { atMs: nowMs(), pattern: await read().catch(() => latest?.pattern) };
      }
      return latest.pattern;
    },
  };

  async function read(): Promise<Pattern | undefined> {
    const hash = await store.current();
    return hash === undefined ? undefined : { hash, content: await get(hash) };
  }
}

async function fetchPattern(objects: ObjectStore, pool: string, hash: string): Promise<Uint8Array> {
  const content = await objects.get(patternKey(pool, hash), PATTERN_BYTES_AT_MOST);
  if (!content) throw new ValueError(`the patterns ${hash} are missing`);
  if (contentHash(content) !== hash)
    throw new ValueError(`the patterns ${hash} are damaged: their hash differs`);
  return content;
}
