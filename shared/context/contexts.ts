import type { AppliedTask, Clock, ContextHead, ContextHeads, SnapshotStore } from '../ports.ts';
import { ValueError } from '../tasks/values.ts';
import { type ContextValue, decodeContext, encodeContext } from './codec.ts';

/** A context as an agent gets it. */
export type RestoredContext = {
  /** Undefined for a conversation that begins. */
  readonly value: ContextValue | undefined;
  /** 0 for a conversation that begins. */
  readonly version: number;
  readonly plainBytes: number;
  readonly bytesRead: number;
  /** The latest tasks whose effect is in it. */
  readonly applied: readonly AppliedTask[];
};

export type SaveResult =
  | { readonly kind: 'saved'; readonly bytesWritten: number; readonly plainBytes: number }
  /** Somebody else moved the head since it was restored; nothing was overwritten. */
  | { readonly kind: 'conflict'; readonly ahead: ContextHead | undefined };

export type Contexts = {
  restore(contextId: string): Promise<RestoredContext>;
  /** Stores the context as the version after `after`, together with the task that made it. */
  save(contextId: string, after: RestoredContext, value: ContextValue, by: AppliedTask): Promise<SaveResult>;
};

type Ports = { readonly heads: ContextHeads; readonly objects: SnapshotStore; readonly clock: Clock };

/** How many tasks a head remembers. In a FIFO queue the last one is enough; without order a few may overlap. */
const APPLIED_TASKS = 4;

/**
 * Contexts as snapshots: an immutable object under a key with its hash, then a head that moves by one conditional
 * write. A crash between the two leaves the last complete version in place.
 */
export function contexts(pool: string, { heads, objects, clock }: Ports): Contexts {
  return {
    async restore(contextId) {
      const head = await heads.read(contextId);
      if (!head) return { value: undefined, version: 0, plainBytes: 0, bytesRead: 0, applied: [] };
      const content = await objects.get(head.key, head.bytes);
      if (!content) throw new ValueError(`snapshot ${head.key} of context ${contextId} is missing`);
      const value = await decodeContext(content, head);
      const { version, plainBytes, applied } = head;
      return { value, version, plainBytes, bytesRead: content.length, applied };
    },
    async save(contextId, after, value, by) {
      const { content, sha256, plainBytes } = await encodeContext(value);
      const version = after.version + 1;
      const key = `contexts/${pool}/${contextId}/${version}-${sha256}.json.gz`;
      await objects.put(key, content);
      const moved = await heads.advance({
        contextId,
        version,
        key,
        bytes: content.length,
        sha256,
        plainBytes,
        applied: [by, ...after.applied].slice(0, APPLIED_TASKS),
        updatedAtMs: clock.now(),
      });
      if (moved) return { kind: 'saved', bytesWritten: content.length, plainBytes };
      return { kind: 'conflict', ahead: await heads.read(contextId) };
    },
  };
}
