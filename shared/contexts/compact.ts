import type { Clock } from '../ports/clock.ts';
import type { Chain, ContextHead, ContextStore } from '../ports/context-store.ts';
import { objectPrefix, patternKey } from '../ports/object-keys.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import type { PatternStore } from '../ports/pattern-store.ts';
import { contentHash, linksOf } from './chain.ts';
import { compress } from './codec.ts';
import { firstChain, pageObject } from './extend.ts';
import { learnPatterns, type Patterns } from './patterns.ts';
import { restoreChain } from './restore.ts';

export type CompactionPorts = {
  readonly store: ContextStore;
  readonly objects: ObjectStore;
  readonly patternStore: PatternStore;
  readonly patterns: Patterns;
  readonly clock: Clock;
};

/** What was done, or would be. */
export type CompactionReport = {
  readonly contexts: number;
  /** Contexts whose long chain became a new base. */
  readonly merged: number;
  /** Of new patterns, when they are better than those before. */
  readonly patternBytes?: number;
  /** Objects and pages that no head needs: found, and deleted after their time of grace. */
  readonly unneeded: number;
  readonly deleted: number;
  readonly unreadable: readonly { readonly contextId: string; readonly reason: string }[];
};

/** Longer than any task runs: whoever still works with a chain that was replaced is done by then. */
const GRACE_MS = 24 * 3_600_000;
/** A chain of so many links is merged when its conversation has rested for a while. */
const LONG_CHAIN_LINKS = 32;
const RESTED_MS = 3_600_000;
/** Patterns are learned from so many of the latest conversations, and judged by so many others. */
const LEARNED_FROM = 48;
const JUDGED_BY = 16;
/** New patterns have to save so much, since every agent fetches them. */
const BETTER = 0.95;

/**
 * Tidies a pool's contexts: learns patterns, merges long chains, deletes what no head needs any more. It changes
 * nothing that anybody reads, so it can run beside agents and other runs of its own, and be killed at any point: what
 * it leaves is found again.
 */
export async function compact(
  pool: string,
  ports: CompactionPorts,
  { dryRun = false }: { readonly dryRun?: boolean } = {},
): Promise<CompactionReport> {
  // What is listed before the heads are read is either named by them or by nobody.
  const objects = await Array.fromAsync(ports.objects.list(objectPrefix('contexts', pool)), ({ key }) => key);
  const patternObjects = await Array.fromAsync(
    ports.objects.list(objectPrefix('patterns', pool)),
    ({ key }) => key,
  );
  const heads = await Array.fromAsync(ports.store.heads());
  const unreadable: { contextId: string; reason: string }[] = [];
  const learned = await learn(pool, ports, heads, dryRun);
  let merged = 0;
  for (const head of heads) {
    if (!isLong(head, ports.clock.now())) continue;
    const result = await merge(pool, ports, head, dryRun);
    if (result.kind === 'merged') merged += 1;
    if (result.kind === 'unreadable') unreadable.push({ contextId: head.contextId, reason: result.reason });
  }
  const reaped = await sweep(pool, ports, [...objects, ...patternObjects], dryRun);
  return { contexts: heads.length, merged, ...learned, ...reaped, unreadable };
}

// --- Patterns --------------------------------------------------------------------------------------------------

async function learn(
  pool: string,
  ports: CompactionPorts,
  heads: readonly ContextHead[],
  dryRun: boolean,
): Promise<{ readonly patternBytes?: number }> {
  const latest = heads.toSorted((a, b) => b.updatedAtMs - a.updatedAtMs).slice(0, LEARNED_FROM + JUDGED_BY);
  const plains = await plainOf(pool, ports, latest);
  // Every fourth is kept to judge by: patterns of a conversation are no help to itself.
  const judges = plains.filter((_, index) => index % 4 === 3);
  const content = learnPatterns(plains.filter((_, index) => index % 4 !== 3));
  if (judges.length === 0 || content.length === 0) return {};
  const current = (await ports.patterns.current())?.content ?? new Uint8Array();
  if ((await costOf(judges, content)) > BETTER * (await costOf(judges, current))) return {};
  if (!dryRun) {
    const hash = contentHash(content);
    await ports.objects.put(patternKey(pool, hash), content);
    await ports.patternStore.setCurrent(hash, ports.clock.now());
  }
  return { patternBytes: content.length };
}

async function plainOf(
  pool: string,
  ports: CompactionPorts,
  heads: readonly ContextHead[],
): Promise<readonly Uint8Array[]> {
  const plains: Uint8Array[] = [];
  for (const head of heads) {
    const restored = await restore(pool, ports, head.contextId).catch(() => undefined);
    if (restored) plains.push(restored.plain);
  }
  return plains;
}

async function costOf(plains: readonly Uint8Array[], known: Uint8Array): Promise<number> {
  let bytes = 0;
  for (const plain of plains) bytes += (await compress(plain, known)).length;
  return bytes;
}

// --- Chains ----------------------------------------------------------------------------------------------------

function isLong({ chain, updatedAtMs }: ContextHead, nowMs: number): boolean {
  return linksOf(chain) >= LONG_CHAIN_LINKS && nowMs - updatedAtMs > RESTED_MS;
}

type Merged =
  | { readonly kind: 'merged' }
  /** Somebody wrote meanwhile, or it is damaged: it is left as it is. */
  | { readonly kind: 'left' }
  | { readonly kind: 'unreadable'; readonly reason: string };

async function merge(
  pool: string,
  ports: CompactionPorts,
  seen: ContextHead,
  dryRun: boolean,
): Promise<Merged> {
  const restored = await restore(pool, ports, seen.contextId).catch((error: Error) => error.message);
  if (typeof restored === 'string') return { kind: 'unreadable', reason: restored };
  if (restored === undefined || restored.head.hash !== seen.hash) return { kind: 'left' };
  if (restored.damage !== undefined) return { kind: 'unreadable', reason: restored.damage };
  if (dryRun) return { kind: 'merged' };
  const { contextId, version, hash, parent } = seen;
  const { chain } = await firstChain(
    { pool, ...ports },
    { contextId, version, hash, plain: restored.plain },
    parent,
  );
  return { kind: (await ports.store.rebase({ ...restored.head, chain })) ? 'merged' : 'left' };
}

async function restore(pool: string, ports: CompactionPorts, contextId: string) {
  const found = await ports.store.read(contextId);
  if (!found) return undefined;
  const restored = await restoreChain({ pool, ...ports }, found.head, found.pages, undefined);
  return { head: found.head, ...restored };
}

// --- What nobody needs -----------------------------------------------------------------------------------------

/** When each unneeded thing was first found so. Lost, everything gets its time of grace once more. */
type Candidates = Readonly<Record<string, number>>;

const CANDIDATES_BYTES = 64 * 1024 * 1024;
const candidatesKey = (pool: string) => `compact/${pool}.json`;

async function sweep(
  pool: string,
  ports: CompactionPorts,
  objects: readonly string[],
  dryRun: boolean,
): Promise<{ readonly unneeded: number; readonly deleted: number }> {
  const { store, patternStore, clock } = ports;
  const needed = new Set<string>();
  const pages: string[] = [];
  const current = await patternStore.current();
  if (current !== undefined) needed.add(patternKey(pool, current));
  for await (const head of store.heads()) {
    const found = await store.read(head.contextId);
    // Named by the head as it was listed or as it is now.
    for (const each of [head, ...(found ? [found.head] : [])]) needs(pool, each, needed);
    for (const key of found?.pages.keys() ?? []) pages.push(pageName(head.contextId, key));
  }
  const unneeded = [...objects, ...pages].filter((name) => !needed.has(name));
  const before = await readCandidates(pool, ports);
  const nowMs = clock.now();
  const due = unneeded.filter((name) => nowMs - (before[name] ?? nowMs) > GRACE_MS);
  if (dryRun) return { unneeded: unneeded.length, deleted: due.length };
  await remove(ports, due);
  const left = unneeded.filter((name) => !due.includes(name));
  const candidates: Candidates = Object.fromEntries(left.map((name) => [name, before[name] ?? nowMs]));
  await ports.objects.put(candidatesKey(pool), Buffer.from(JSON.stringify(candidates)));
  return { unneeded: unneeded.length, deleted: due.length };
}

/** Marks all that a head names: also the chain before, and what is damaged and kept for inspection. */
function needs(
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

/** A page in the table, named so that no object has the same name. */
function pageName(contextId: string, key: string): string {
  return `page ${contextId} ${key}`;
}

async function remove({ store, objects }: CompactionPorts, names: readonly string[]): Promise<void> {
  await objects.delete(names.filter((name) => !name.startsWith('page ')));
  for (const name of names.filter((each) => each.startsWith('page '))) {
    const key = name.slice(name.lastIndexOf(' ') + 1);
    await store.deletePages(name.slice('page '.length, -key.length - 1), [key]);
  }
}

async function readCandidates(pool: string, { objects }: CompactionPorts): Promise<Candidates> {
  try {
    const content = await objects.get(candidatesKey(pool), CANDIDATES_BYTES);
    return content ? (JSON.parse(Buffer.from(content).toString()) as Candidates) : {};
  } catch {
    return {};
  }
}
