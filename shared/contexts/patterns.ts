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

/** Every dictionary byte makes compression slower, so fewer are learned than could be read. */
const LEARNED_BYTES = 96 * 1024;
const WINDOW = 48;
const STEP = 16;

/**
 * Learns patterns from a pool's contexts, given in order of importance: takes what's new in each one until it has
 * `maxBytes`. Windows of {@link WINDOW} bytes detect parts that it already has.
 */
export function learnPatterns(contexts: readonly Uint8Array[], maxBytes = LEARNED_BYTES): Uint8Array {
  const seen = new Set<string>();
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for (const context of contexts) {
    for (const [from, to] of newParts(context, seen)) {
      const part = context.subarray(from, Math.min(to, from + maxBytes - bytes));
      parts.push(part);
      bytes += part.length;
      if (bytes >= maxBytes) return Buffer.concat(parts);
    }
  }
  return Buffer.concat(parts);
}

/** Ranges of a context whose windows haven't been seen yet. Marks its windows as seen. */
function newParts(context: Uint8Array, seen: Set<string>): readonly (readonly [number, number])[] {
  const text = Buffer.from(context.buffer, context.byteOffset, context.length).toString('latin1');
  const parts: [number, number][] = [];
  for (let at = 0; at + WINDOW <= text.length; ) {
    if (seen.has(text.slice(at, at + WINDOW))) {
      at += WINDOW;
      continue;
    }
    const latest = parts.at(-1);
    if (latest && latest[1] >= at) latest[1] = at + STEP;
    else parts.push([at, at + STEP]);
    at += STEP;
  }
  for (let at = 0; at + WINDOW <= text.length; at++) seen.add(text.slice(at, at + WINDOW));
  return parts;
}
