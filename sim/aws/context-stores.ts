import { type ContextHead, type ContextStore, endOf } from '../../shared/ports/context-store.ts';
import type { ObjectStore } from '../../shared/ports/object-store.ts';
import type { PatternStore } from '../../shared/ports/pattern-store.ts';
import { ValueError } from '../../shared/tasks/values.ts';
import { checkItem, checkObjectKey } from './limits.ts';

/** Contexts as DynamoDB and S3 hold them, in memory, with what was asked of them. */
export type MemoryContexts = {
  readonly store: ContextStore;
  readonly objects: ObjectStore;
  readonly patternStore: PatternStore;
  /** What is stored; tests damage it. */
  readonly stored: {
    readonly heads: Map<string, ContextHead>;
    readonly pages: Map<string, Uint8Array>;
    readonly pagesWrittenAtMs: Map<string, number>;
    readonly objects: Map<string, { content: Uint8Array; writtenAtMs: number }>;
  };
  /** Calls so far, such as `advance` or `put`. */
  readonly calls: Map<string, number>;
  /** Called before and after each write; may throw, as a broken connection or a crash does. */
  before: (call: string) => void;
  after: (call: string) => void;
};

export function memoryContexts(nowMs: () => number = () => 0): MemoryContexts {
  const heads = new Map<string, ContextHead>();
  const pages = new Map<string, Uint8Array>();
  const objects = new Map<string, { content: Uint8Array; writtenAtMs: number }>();
  const pagesWrittenAtMs = new Map<string, number>();
  const calls = new Map<string, number>();
  let currentPattern: string | undefined;
  const called = (call: string) => {
    calls.set(call, (calls.get(call) ?? 0) + 1);
    memory.before(call);
  };
  const ofContext = (contextId: string) => `${contextId}/`;
  const memory: MemoryContexts = {
    stored: { heads, pages, pagesWrittenAtMs, objects },
    calls,
    before: () => {},
    after: () => {},
    store: {
      async read(contextId) {
        called('read');
        const head = heads.get(contextId);
        const prefix = ofContext(contextId);
        const own = [...pages].filter(([key]) => key.startsWith(prefix));
        return head && { head, pages: new Map(own.map(([key, page]) => [key.slice(prefix.length), page])) };
      },
      async putPage(contextId, key, content) {
        called('putPage');
        checkItem({ contextId, key, content });
        pages.set(ofContext(contextId) + key, content);
        pagesWrittenAtMs.set(ofContext(contextId) + key, nowMs());
        memory.after('putPage');
      },
      async advance(head) {
        called('advance');
        const current = heads.get(head.contextId);
        const endMs = current && endOf(current);
        const hasEnded = endMs !== undefined && endMs < head.updatedAtMs && head.version === 1;
        const isNext =
          current && !hasEnded
            ? current.version === head.version - 1 && current.hash === head.parent
            : head.version === 1;
        if (isNext) heads.set(head.contextId, stored(head));
        memory.after('advance');
        return isNext;
      },
      async rebase(head) {
        called('rebase');
        if (heads.get(head.contextId)?.hash !== head.hash) return false;
        heads.set(head.contextId, stored(head));
        memory.after('rebase');
        return true;
      },
      async parts(contextId) {
        called('parts');
        const prefix = ofContext(contextId);
        const own = [...pages.keys()].filter((name) => name.startsWith(prefix));
        return {
          head: heads.get(contextId),
          pages: own.map((name) => ({
            key: name.slice(prefix.length),
            writtenAtMs: pagesWrittenAtMs.get(name),
          })),
        };
      },
      async remove({ contextId, hash }) {
        called('remove');
        const isCurrent = heads.get(contextId)?.hash === hash;
        if (isCurrent) heads.delete(contextId);
        memory.after('remove');
        return isCurrent;
      },
      async deletePages(contextId, keys) {
        called('deletePages');
        for (const key of keys) pages.delete(ofContext(contextId) + key);
        memory.after('deletePages');
      },
    },
    objects: {
      async put(key, content) {
        called('put');
        checkObjectKey(key);
        objects.set(key, { content, writtenAtMs: nowMs() });
        memory.after('put');
      },
      async get(key, maxBytes) {
        called('get');
        const content = objects.get(key)?.content;
        if (content && content.length > maxBytes)
          throw new ValueError(`${key} has ${content.length} bytes, expected at most ${maxBytes}`);
        return content;
      },
      async *list(prefix, after) {
        called('list');
        const listed = [...objects].filter(
          ([key]) => key.startsWith(prefix) && (after === undefined || byBytes(key, after) > 0),
        );
        for (const [key, { writtenAtMs }] of listed.toSorted(([a], [b]) => byBytes(a, b)))
          yield { key, writtenAtMs };
      },
      async delete(keys) {
        called('delete');
        for (const key of keys) objects.delete(key);
        memory.after('delete');
      },
    },
    patternStore: {
      async current() {
        called('current');
        return currentPattern;
      },
      async setCurrent(hash) {
        called('setCurrent');
        currentPattern = hash;
        memory.after('setCurrent');
      },
    },
  };
  return memory;
}

/** The order of S3: "List results are always returned in UTF-8 binary order" (ListObjectsV2). */
const byBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** What DynamoDB would hold of a head: a copy, if it takes it at all. */
function stored(head: ContextHead): ContextHead {
  checkItem(head);
  return structuredClone(head);
}
