import type { Clock } from '../ports/clock.ts';
import { type AppliedTask, type ContextHead, type ContextStore, endOf } from '../ports/context-store.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import { MAX_VALUE_BYTES, toJson, ValueError } from '../tasks/values.ts';
import { type ContextCache, NO_CACHE } from './cache.ts';
import { hashOf, originOf } from './chain.ts';
import { extendChain, firstChain } from './extend.ts';
import { NO_PATTERNS, type Patterns } from './patterns.ts';
import { restoreChain } from './restore.ts';

/** The context of a conversation: any JSON value. */
export type ContextValue = unknown;

/** A context as an agent receives it. */
export type RestoredContext = {
  /** Undefined for a new conversation. */
  readonly value: ContextValue | undefined;
  /** 0 for a new conversation. */
  readonly version: number;
  readonly plainBytes: number;
  readonly bytesRead: number;
  /** The latest tasks whose effect it includes. */
  readonly applied: readonly AppliedTask[];
  /** What was damaged, if this is an earlier version. */
  readonly damage?: string;
  /** What the next version is made from. */
  readonly source: { readonly head: ContextHead | undefined; readonly plain: Uint8Array };
};

/** The value to save as the version after `after`, and the task that made it. */
export type NextVersion = {
  readonly after: RestoredContext;
  readonly value: ContextValue;
  readonly by: AppliedTask;
};

export type SaveResult =
  | { readonly kind: 'saved'; readonly bytesWritten: number; readonly plainBytes: number }
  /** Another writer has moved the head since the restore; nothing was overwritten. */
  | { readonly kind: 'conflict'; readonly ahead: ContextHead | undefined };

export type Contexts = {
  /** @throws ValueError when no version can be read any more. */
  restore(contextId: string): Promise<RestoredContext>;
  /** Stores the next version together with the task that made it. */
  save(contextId: string, next: NextVersion): Promise<SaveResult>;
};

export type ContextPorts = {
  readonly store: ContextStore;
  readonly objects: ObjectStore;
  readonly clock: Clock;
  readonly cache?: ContextCache;
  readonly patterns?: Patterns;
  /** The queue's ordering. @default 'fifo' */
  readonly ordering?: 'fifo' | 'none';
  /** Days after its last turn when a context ends; null: never. @default what the context has */
  readonly keepDays?: number | null;
};

/**
 * How many applied tasks a head remembers. In a FIFO queue, the last one is enough. In a standard queue, if an agent
 * dies after saving a context, other tasks may be applied before the message is redelivered: as many as one
 * conversation gets within a visibility timeout.
 */
const APPLIED_TASKS = { fifo: 4, none: 16 } as const;
/** Most bytes of their results, which are stored in the head. */
const APPLIED_BYTES = 128 * 1024;
const DAMAGES_KEPT = 4;

/**
 * Contexts as chains of snapshots. A save writes immutable parts first, then moves the head by one conditional write. A
 * crash in between leaves the last complete version in place, and a stale writer is rejected.
 */
export function contexts(pool: string, ports: ContextPorts): Contexts {
  const { store, objects, clock, cache = NO_CACHE, patterns = NO_PATTERNS, ordering = 'fifo' } = ports;
  const chainPorts = { pool, store, objects, patterns };
  return {
    async restore(contextId) {
      const found = await store.read(contextId);
      if (!found || hasEnded(found.head, clock.now())) return beginning();
      const { head } = found;
      const { plain, bytesRead, damage } = await restoreChain(chainPorts, found, await cache.get(contextId));
      if (damage === undefined) await cache.set(contextId, { hash: head.hash, plain });
      return {
        value: JSON.parse(Buffer.from(plain).toString()),
        version: head.version,
        plainBytes: plain.length,
        bytesRead,
        applied: head.applied,
        source: { head, plain },
        ...(damage !== undefined && { damage }),
      };
    },

    async save(contextId, { after, value, by }) {
      // The keys stay in their order. Providers' prompt caches match bytes, and the order is part of them.
      const plain = Buffer.from(toJson(value, 'the context'));
      if (plain.length > MAX_VALUE_BYTES) {
        throw new ValueError(`the context has ${plain.length} bytes, expected at most ${MAX_VALUE_BYTES}`);
      }
      const before = after.source.head;
      const version = after.version + 1;
      const parent = before?.hash ?? originOf(pool, contextId);
      const hash = hashOf(parent, plain);
      const next = { contextId, version, hash, plain };
      // A damaged chain is kept for inspection, and a new chain begins.
      const extended =
        before && after.damage === undefined
          ? await extendChain(chainPorts, { head: before, plain: after.source.plain }, next)
          : await firstChain(chainPorts, next, parent);
      const damaged = [...(before?.damaged ?? [])];
      if (before && after.damage !== undefined) {
        damaged.push({ version: before.version, reason: after.damage, chain: before.chain });
      }
      const keepDays = ports.keepDays === undefined ? before?.keepDays : (ports.keepDays ?? undefined);
      const head: ContextHead = {
        contextId,
        version,
        hash,
        parent,
        plainBytes: plain.length,
        chain: extended.chain,
        ...(extended.previous && { previous: extended.previous }),
        ...(damaged.length > 0 && { damaged: damaged.slice(-DAMAGES_KEPT) }),
        applied: latest([by, ...after.applied], APPLIED_TASKS[ordering]),
        updatedAtMs: clock.now(),
        ...(keepDays !== undefined && { keepDays }),
      };
      if (!(await store.advance(head))) {
        return { kind: 'conflict', ahead: (await store.read(contextId))?.head };
      }
      await cache.set(contextId, { hash, plain });
      return { kind: 'saved', bytesWritten: extended.bytesWritten, plainBytes: plain.length };
    },
  };
}

/** The table deletes what has ended in its own time, but nobody continues it. */
function hasEnded(head: ContextHead, nowMs: number): boolean {
  const endMs = endOf(head);
  return endMs !== undefined && endMs < nowMs;
}

function latest(applied: readonly AppliedTask[], count: number): readonly AppliedTask[] {
  let bytes = 0;
  return applied.slice(0, count).filter(({ result }) => {
    bytes += result.kind === 'inline' ? Buffer.byteLength(result.json) : 0;
    return bytes <= APPLIED_BYTES;
  });
}

function beginning(): RestoredContext {
  return {
    value: undefined,
    version: 0,
    plainBytes: 0,
    bytesRead: 0,
    applied: [],
    source: { head: undefined, plain: new Uint8Array() },
  };
}
