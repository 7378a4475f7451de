import { decodeId, encodeId } from '../core/pool/id.ts';
import { objectPrefix } from '../ports/object-keys.ts';
import type { ObjectStore } from '../ports/object-store.ts';

/** A context with its objects, as the object store lists them. */
export type ListedContext = {
  readonly contextId: string;
  readonly objects: readonly { readonly key: string; readonly writtenAtMs: number }[];
};

/** Names of a context's objects after its prefix. Anything else isn't agentpool's, and stays. */
const OWN_OBJECT = /^(.+)\/(?:\d+|page)-[0-9a-f]{64}$/;

/**
 * A pool's contexts, in the order of their keys. Every context has a base, which is an object, so the list of objects
 * is an index of contexts: one request for a thousand objects, and nothing to write for it when a context changes.
 * @param after the context to go on behind.
 */
export async function* listedContexts(
  objects: Pick<ObjectStore, 'list'>,
  pool: string,
  after?: string,
): AsyncIterable<ListedContext> {
  const prefix = objectPrefix('contexts', pool);
  // `0` follows `/`, so this is behind every object of that context.
  const start = after === undefined ? undefined : `${prefix}${encodeId(after)}0`;
  let current: { readonly encoded: string; readonly objects: ListedContext['objects'][number][] } | undefined;
  for await (const object of objects.list(prefix, start)) {
    const encoded = OWN_OBJECT.exec(object.key.slice(prefix.length))?.[1];
    if (encoded === undefined || !isEncoded(encoded)) continue;
    if (current?.encoded === encoded) current.objects.push(object);
    else {
      if (current) yield { contextId: decodeId(current.encoded), objects: current.objects };
      current = { encoded, objects: [object] };
    }
  }
  if (current) yield { contextId: decodeId(current.encoded), objects: current.objects };
}

/** Earlier versions wrote IDs with slashes as they were. */
function isEncoded(text: string): boolean {
  try {
    return encodeId(decodeId(text)) === text;
  } catch {
    return false;
  }
}
