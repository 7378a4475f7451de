import { mkdirSync, rmSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LRUCache } from 'lru-cache';

/** A version of a context that an agent has at hand. */
export type Cached = { readonly hash: string; readonly plain: Uint8Array };

/** The latest version of each context that an agent has seen; a miss costs a download, never more. */
export type ContextCache = {
  get(contextId: string): Promise<Cached | undefined>;
  set(contextId: string, cached: Cached): Promise<void>;
};

export type CacheLimits = { readonly memoryBytes: number; readonly diskBytes: number };

/** Small, since the handler is what needs the memory. */
export const CACHE_LIMITS: CacheLimits = { memoryBytes: 16 * 1024 * 1024, diskBytes: 512 * 1024 * 1024 };

export const NO_CACHE: ContextCache = { get: async () => undefined, set: async () => {} };

/**
 * Keeps the latest in memory and more of them on disk, the least recently used going first. The directory is emptied
 * at the start: what an earlier process left is of no use, since only the index knows what is where. What is read from
 * disk is checked by its reader, against the hash.
 */
export function contextCache(directory: string, limits: CacheLimits = CACHE_LIMITS): ContextCache {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  const memory = new LRUCache<string, Cached>({
    maxSize: limits.memoryBytes,
    sizeCalculation: ({ plain }) => Math.max(1, plain.length),
  });
  const disk = new LRUCache<string, { readonly hash: string; readonly bytes: number }>({
    maxSize: limits.diskBytes,
    sizeCalculation: ({ bytes }) => Math.max(1, bytes),
    dispose: ({ hash }) => void rm(join(directory, hash), { force: true }),
  });
  return {
    async get(contextId) {
      const inMemory = memory.get(contextId);
      if (inMemory) return inMemory;
      const onDisk = disk.get(contextId);
      if (!onDisk) return undefined;
      const plain = await readFile(join(directory, onDisk.hash)).catch(() => undefined);
      if (!plain) return undefined;
      memory.set(contextId, { hash: onDisk.hash, plain });
      return { hash: onDisk.hash, plain };
    },
    async set(contextId, cached) {
      memory.set(contextId, cached);
      // A full disk costs downloads, not tasks.
      await writeFile(join(directory, cached.hash), cached.plain).then(
        () => disk.set(contextId, { hash: cached.hash, bytes: cached.plain.length }),
        () => undefined,
      );
    },
  };
}
