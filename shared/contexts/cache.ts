import { mkdirSync, rmSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LRUCache } from 'lru-cache';

/** A cached version of a context. */
export type Cached = { readonly hash: string; readonly plain: Uint8Array };

/** The latest version an agent has seen of each context. A miss costs a download, nothing more. */
export type ContextCache = {
  get(contextId: string): Promise<Cached | undefined>;
  set(contextId: string, cached: Cached): Promise<void>;
};

export type CacheLimits = { readonly memoryBytes: number; readonly diskBytes: number };

/** Small, because the handler needs the memory. */
const CACHE_LIMITS: CacheLimits = { memoryBytes: 16 * 1024 * 1024, diskBytes: 512 * 1024 * 1024 };

export const NO_CACHE: ContextCache = { get: async () => undefined, set: async () => {} };

/**
 * Keeps the most recently used contexts in memory and moves the others to disk, where the least recently used go first.
 * It empties the directory at the start, because an earlier process's files are useless without its index. Readers
 * check what comes from disk against its hash.
 */
export function contextCache(directory: string, limits: CacheLimits = CACHE_LIMITS): ContextCache {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  const disk = new LRUCache<string, { readonly hash: string; readonly bytes: number }>({
    maxSize: limits.diskBytes,
    sizeCalculation: ({ bytes }) => Math.max(1, bytes),
    dispose: ({ hash }) => void rm(join(directory, hash), { force: true }),
  });
  const memory = new LRUCache<string, Cached>({
    maxSize: limits.memoryBytes,
    sizeCalculation: ({ plain }) => Math.max(1, plain.length),
    disposeAfter: (cached, contextId, reason) => {
      if (reason === 'evict') void toDisk(contextId, cached);
    },
  });
  return {
    async get(contextId) {
      const inMemory = memory.get(contextId);
      if (inMemory) return inMemory;
      const onDisk = disk.get(contextId);
      if (!onDisk) return undefined;
      const plain = await readFile(join(directory, onDisk.hash)).catch(() => undefined);
      if (!plain) return undefined;
      disk.delete(contextId);
      const cached = { hash: onDisk.hash, plain };
      memory.set(contextId, cached);
      return cached;
    },
    async set(contextId, cached) {
      disk.delete(contextId);
      // A context larger than the memory limit goes straight to disk.
      if (cached.plain.length > limits.memoryBytes) await toDisk(contextId, cached);
      else memory.set(contextId, cached);
    },
  };

  /** A full disk costs downloads, not tasks. */
  async function toDisk(contextId: string, { hash, plain }: Cached): Promise<void> {
    try {
      await writeFile(join(directory, hash), plain);
      disk.set(contextId, { hash, bytes: plain.length });
    } catch {
      await rm(join(directory, hash), { force: true });
    }
  }
}
