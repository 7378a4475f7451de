import type { ContextStore } from '../ports/context-store.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import { contextPrefix } from './extend.ts';

/** What was deleted of a context. */
export type Erased = { readonly versions: number; readonly pages: number; readonly objects: number };

/**
 * Deletes a context: its head first, so that nobody continues it, then its pages and the objects of all its chains. An
 * agent that still works on it cannot save. Also deletes what an interrupted call has left behind.
 */
export async function eraseContext(
  {
    pool,
    store,
    objects,
  }: { readonly pool: string; readonly store: ContextStore; readonly objects: ObjectStore },
  contextId: string,
): Promise<Erased> {
  let versions = 0;
  // A writer may move the head in between, or begin again.
  for (let found = await store.read(contextId); found; found = await store.read(contextId))
    if (await store.remove(found.head)) versions = found.head.version;
  const keys = (await store.parts(contextId)).pages.map(({ key }) => key);
  await store.deletePages(contextId, keys);
  const own = await Array.fromAsync(objects.list(contextPrefix(pool, contextId)), ({ key }) => key);
  await objects.delete(own);
  return { versions, pages: keys.length, objects: own.length };
}
