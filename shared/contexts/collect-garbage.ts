import type { Clock } from '../ports/clock.ts';
import type { Chain, ContextHead, ContextParts, ContextStore } from '../ports/context-store.ts';
import { objectPrefix } from '../ports/object-keys.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import { pageObject } from './extend.ts';
import type { ListedContext } from './listed-contexts.ts';

export type GarbagePorts = {
  readonly store: ContextStore;
  readonly objects: ObjectStore;
  readonly clock: Clock;
};

/** A run over a pool's contexts. A dry run only reports. */
export type PoolRun<Ports> = { readonly pool: string; readonly ports: Ports; readonly dryRun: boolean };

/** Objects and pages that no head needs, and how many of them were old enough to go. */
export type Garbage = { readonly unneeded: number; readonly deleted: number };

/**
 * Longer than any task runs. What is written is named by a head within it, or never. What a head names no longer was
 * replaced by a writer, and then no other writer can go on from it, or by the compactor, which keeps it as the previous
 * chain.
 */
const GRACE_MS = 24 * 3_600_000;

/**
 * Deletes the objects and pages of a context that its head doesn't need and that were written more than a day ago: all
 * of them, once it has none. Pages first, because objects are what a context is found by.
 */
export async function collectGarbage(
  { pool, ports: { store, objects, clock }, dryRun }: PoolRun<GarbagePorts>,
  listed: ListedContext,
  { head, pages }: ContextParts,
): Promise<Garbage> {
  const nowMs = clock.now();
  const needed = head ? neededBy(pool, head) : new Set();
  // Pages of earlier versions have no time. One that was just written is named as soon as its head moves.
  const isStill = head === undefined || nowMs - head.updatedAtMs > GRACE_MS;
  const unneededPages = pages.filter(({ key }) => !needed.has(key));
  const unneededObjects = listed.objects.filter(({ key }) => !needed.has(key));
  const oldPages = unneededPages.filter(({ writtenAtMs }) =>
    writtenAtMs === undefined ? isStill : nowMs - writtenAtMs > GRACE_MS,
  );
  const oldObjects = unneededObjects.filter(({ writtenAtMs }) => nowMs - writtenAtMs > GRACE_MS);
  if (!dryRun) {
    await store.deletePages(listed.contextId, keysOf(oldPages));
    await objects.delete(keysOf(oldObjects));
  }
  return {
    unneeded: unneededPages.length + unneededObjects.length,
    deleted: oldPages.length + oldObjects.length,
  };
}

/** Hashes of the patterns that a head's chains were compressed with. */
export function patternsOf(head: ContextHead): readonly string[] {
  return chainsOf(head).flatMap(({ patterns }) => patterns);
}

type UnneededPatterns = Readonly<Record<string, number>>;

/**
 * Deletes patterns that no context has needed for a day, and returns those that are unneeded now, each with when that
 * was first seen. An agent may compress with the ones before for as long as a task runs.
 */
export async function collectPatterns(
  { pool, ports: { objects, clock }, dryRun }: PoolRun<Omit<GarbagePorts, 'store'>>,
  needed: ReadonlySet<string>,
  before: UnneededPatterns,
): Promise<{ readonly garbage: Garbage; readonly unneeded: UnneededPatterns }> {
  const nowMs = clock.now();
  const prefix = objectPrefix('patterns', pool);
  const stored = await Array.fromAsync(objects.list(prefix), ({ key }) => key.slice(prefix.length));
  const unneeded = stored.filter((hash) => !needed.has(hash));
  const sinceMs = (hash: string) => before[hash] ?? nowMs;
  const due = unneeded.filter((hash) => nowMs - sinceMs(hash) > GRACE_MS);
  if (!dryRun) await objects.delete(due.map((hash) => prefix + hash));
  const left = unneeded.filter((hash) => !due.includes(hash));
  return {
    garbage: { unneeded: unneeded.length, deleted: due.length },
    unneeded: Object.fromEntries(left.map((hash) => [hash, sinceMs(hash)])),
  };
}

/** Keys of objects and pages. */
function neededBy(pool: string, head: ContextHead): ReadonlySet<string> {
  return new Set(
    chainsOf(head).flatMap(({ base, pages }) => [
      base.key,
      ...pages.map((page) => (page.place === 'table' ? page.key : pageObject(pool, head.contextId, page))),
    ]),
  );
}

function chainsOf({ chain, previous, damaged = [] }: ContextHead): readonly Chain[] {
  return [chain, ...(previous ? [previous] : []), ...damaged.map((each) => each.chain)];
}

function keysOf(parts: readonly { readonly key: string }[]): readonly string[] {
  return parts.map(({ key }) => key);
}
