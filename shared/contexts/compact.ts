import type { Clock } from '../ports/clock.ts';
import type { ContextHead, ContextStore } from '../ports/context-store.ts';
import { objectPrefix, patternKey } from '../ports/object-keys.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import type { PatternStore } from '../ports/pattern-store.ts';
import { contentHash, linksOf } from './chain.ts';
import { openLinks } from './chain-parts.ts';
import { compress } from './codec.ts';
import { collectGarbage, type GarbageReport, type PoolRun } from './collect-garbage.ts';
import { firstChain } from './extend.ts';
import { learnPatterns, type Patterns } from './patterns.ts';
import { restoreChain } from './restore.ts';

export type CompactionPorts = {
  readonly store: ContextStore;
  readonly objects: ObjectStore;
  readonly patternStore: PatternStore;
  readonly patterns: Patterns;
  readonly clock: Clock;
};

type Compaction = PoolRun<CompactionPorts>;

/** What was done, or with `dryRun`, what would be. */
export type CompactionReport = GarbageReport & {
  readonly contexts: number;
  /** Contexts whose long chain was merged into a new base. */
  readonly merged: number;
  /** Size of the new patterns; absent unless they're better than the current ones. */
  readonly patternBytes?: number;
  readonly unreadable: readonly { readonly contextId: string; readonly reason: string }[];
};

/** A chain with this many links is merged once its conversation has been idle for {@link IDLE_MS}. */
const LONG_CHAIN_LINKS = 32;
const IDLE_MS = 3_600_000;
/** Patterns are learned from this many of the latest conversations, and judged by this many others. */
const LEARNED_FROM = 48;
const JUDGED_BY = 16;
/** New patterns must cost at most this share of the current ones' bytes, because every agent has to fetch them. */
const BETTER = 0.95;

/**
 * Compacts a pool's contexts: learns patterns, merges long chains and collects garbage. It never changes what a reader
 * needs, so it can run next to agents and other compactions, and be killed at any point: the next run goes on.
 */
export async function compact(
  pool: string,
  ports: CompactionPorts,
  { dryRun = false, keepDays }: { readonly dryRun?: boolean; readonly keepDays?: number | undefined } = {},
): Promise<CompactionReport> {
  // Listed before the heads are read: an object is either named by a head, or garbage.
  const objects = await Array.fromAsync(ports.objects.list(objectPrefix('contexts', pool)), ({ key }) => key);
  const patternObjects = await Array.fromAsync(
    ports.objects.list(objectPrefix('patterns', pool)),
    ({ key }) => key,
  );
  const heads = await Array.fromAsync(ports.store.heads());
  const compaction = { pool, ports, dryRun, keepDays };
  const unreadable: { contextId: string; reason: string }[] = [];
  const learned = await learn(compaction, heads);
  let merged = 0;
  for (const head of heads) {
    if (!isLong(head, ports.clock.now())) continue;
    const result = await merge(compaction, head);
    if (result.kind === 'merged') merged += 1;
    if (result.kind === 'unreadable') unreadable.push({ contextId: head.contextId, reason: result.reason });
  }
  const garbage = await collectGarbage(compaction, [...objects, ...patternObjects]);
  return { contexts: heads.length, merged, ...learned, ...garbage, unreadable };
}

// --- Patterns --------------------------------------------------------------------------------------------------

async function learn(
  compaction: Compaction,
  heads: readonly ContextHead[],
): Promise<{ readonly patternBytes?: number }> {
  const { pool, ports, dryRun } = compaction;
  const latest = heads.toSorted((a, b) => b.updatedAtMs - a.updatedAtMs).slice(0, LEARNED_FROM + JUDGED_BY);
  const plains = await plainOf(compaction, latest);
  // Every fourth is a judge, and not learned from: a conversation always compresses well with its own patterns.
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
  compaction: Compaction,
  heads: readonly ContextHead[],
): Promise<readonly Uint8Array[]> {
  const plains: Uint8Array[] = [];
  for (const head of heads) {
    const restored = await restore(compaction, head.contextId).catch(() => undefined);
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

/** A chain whose links cannot be counted is tried as well, which reports what is wrong with it. */
function isLong({ chain, updatedAtMs }: ContextHead, nowMs: number): boolean {
  const isReadable = openLinks(chain.tail, 'the latest links').damage === undefined;
  return (!isReadable || linksOf(chain) >= LONG_CHAIN_LINKS) && nowMs - updatedAtMs > IDLE_MS;
}

type Merged =
  | { readonly kind: 'merged' }
  /** Another writer moved the head meanwhile: the chain is left as it is. */
  | { readonly kind: 'left' }
  | { readonly kind: 'unreadable'; readonly reason: string };

async function merge(compaction: Compaction, seen: ContextHead): Promise<Merged> {
  const { pool, ports, dryRun } = compaction;
  const restored = await restore(compaction, seen.contextId).catch((error: Error) => error.message);
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

async function restore({ pool, ports }: Compaction, contextId: string) {
  const found = await ports.store.read(contextId);
  if (!found) return undefined;
  return { head: found.head, ...(await restoreChain({ pool, ...ports }, found)) };
}
