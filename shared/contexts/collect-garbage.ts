import type { Clock } from '../ports/clock.ts';
import { type Chain, type ContextHead, type ContextStore, endOf } from '../ports/context-store.ts';
import { candidatesKey, patternKey } from '../ports/object-keys.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import type { PatternStore } from '../ports/pattern-store.ts';
import { pageObject } from './extend.ts';

type GarbagePorts = {
  readonly store: ContextStore;
  readonly objects: ObjectStore;
  readonly patternStore: PatternStore;
  readonly clock: Clock;
};

/** A run over a pool's contexts. A dry run only reports. */
export type PoolRun<Ports> = {
  readonly pool: string;
  readonly ports: Ports;
  readonly dryRun: boolean;
  /** Days after its last turn when a context of the pool ends. */
  readonly keepDays: number | undefined;
};

/** Objects and pages that no head needs. */
export type GarbageReport = {
  /** Contexts that have ended, which were deleted. */
  readonly ended: number;
  readonly unneeded: number;
  /** Those whose grace period is over. */
  readonly deleted: number;
};

/** Longer than any task runs: an agent that still uses a replaced chain is done by then. */
const GRACE_MS = 24 * 3_600_000;

/** When each unneeded object or page was first found. If this is lost, every one gets its grace period again. */
type Candidates = Readonly<Record<string, number>>;

const CANDIDATES_BYTES = 64 * 1024 * 1024;

/**
 * Ends contexts whose time is over, and deletes the objects and pages of a pool's contexts that no head needs, once they've been unneeded for a day.
 * @param objects keys of the pool's context and pattern objects, listed before any head was read.
 */
export async function collectGarbage(
  { pool, ports, dryRun, keepDays }: PoolRun<GarbagePorts>,
  objects: readonly string[],
): Promise<GarbageReport> {
  const { store, patternStore, clock } = ports;
  const needed = new Set<string>();
  const pages = new Set<string>();
  let ended = 0;
  const current = await patternStore.current();
  if (current !== undefined) needed.add(patternKey(pool, current));
  for await (const part of store.parts()) {
    if (part.kind === 'page') {
      // Its head may be gone: the table's own expiration takes heads alone.
      pages.add(pageName(part.contextId, part.key));
      continue;
    }
    const { head } = part;
    if (isOver(head, keepDays, clock.now())) {
      ended += 1;
      if (dryRun || (await store.remove(head))) continue;
    }
    const found = await store.read(head.contextId);
    // Needed by the head as listed, or as it is now.
    for (const each of [head, ...(found ? [found.head] : [])]) addNeeded(pool, each, needed);
    for (const key of found?.pages.keys() ?? []) pages.add(pageName(head.contextId, key));
  }
  const unneeded = [...objects, ...pages].filter((name) => !needed.has(name));
  const before = await readCandidates(pool, ports);
  const nowMs = clock.now();
  const due = unneeded.filter((name) => nowMs - (before[name] ?? nowMs) > GRACE_MS);
  if (dryRun) return { ended, unneeded: unneeded.length, deleted: due.length };
  await remove(ports, due);
  const left = unneeded.filter((name) => !due.includes(name));
  const candidates: Candidates = Object.fromEntries(left.map((name) => [name, before[name] ?? nowMs]));
  await ports.objects.put(candidatesKey(pool), Buffer.from(JSON.stringify(candidates)));
  return { ended, unneeded: unneeded.length, deleted: due.length };
}

/** A context that was last saved before its pool got an end for contexts has none of its own. */
function isOver(head: ContextHead, keepDays: number | undefined, nowMs: number): boolean {
  const endMs = endOf({ ...head, ...(keepDays !== undefined && { keepDays }) });
  return endMs !== undefined && endMs < nowMs;
}

/** Adds everything a head names, including the previous chain and the damaged ones kept for inspection. */
function addNeeded(
  pool: string,
  { contextId, chain, previous, damaged = [] }: ContextHead,
  needed: Set<string>,
): void {
  const chains: readonly (Chain | undefined)[] = [chain, previous, ...damaged.map((each) => each.chain)];
  for (const each of chains) {
    if (!each) continue;
    needed.add(each.base.key);
    for (const hash of each.patterns) needed.add(patternKey(pool, hash));
    for (const page of each.pages) {
      needed.add(page.place === 'table' ? pageName(contextId, page.key) : pageObject(pool, contextId, page));
    }
  }
}

/** The name of a page in the table, which no object has. */
function pageName(contextId: string, key: string): string {
  return `page ${contextId} ${key}`;
}

async function remove({ store, objects }: GarbagePorts, names: readonly string[]): Promise<void> {
  await objects.delete(names.filter((name) => !name.startsWith('page ')));
  for (const name of names.filter((each) => each.startsWith('page '))) {
    const key = name.slice(name.lastIndexOf(' ') + 1);
    await store.deletePages(name.slice('page '.length, -key.length - 1), [key]);
  }
}

async function readCandidates(pool: string, { objects }: GarbagePorts): Promise<Candidates> {
  try {
    const content = await objects.get(candidatesKey(pool), CANDIDATES_BYTES);
    return content ? (JSON.parse(Buffer.from(content).toString()) as Candidates) : {};
  } catch {
    return {};
  }
}
