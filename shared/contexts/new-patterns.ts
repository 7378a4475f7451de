import type { Clock } from '../ports/clock.ts';
import type { Compaction } from '../ports/compaction-store.ts';
import { patternKey } from '../ports/object-keys.ts';
import type { PatternStore } from '../ports/pattern-store.ts';
import { contentHash } from './chain.ts';
import { compress } from './codec.ts';
import type { PoolRun } from './collect-garbage.ts';
import type { ChainPorts } from './extend.ts';
import { learnPatterns } from './learn-patterns.ts';
import { restoreChain } from './restore.ts';

type LearnPorts = Omit<ChainPorts, 'pool'> & { readonly patternStore: PatternStore; readonly clock: Clock };

/** Patterns are learned from this many of the latest conversations: three of four, and judged by the others. */
export const LEARNED_FROM = 64;
/** Larger contexts are left out, because restoring takes memory. */
export const LEARNED_BYTES_AT_MOST = 512 * 1024;
/** What conversations have in common is at their beginning. */
const BEGINNING_BYTES = 128 * 1024;
/** New patterns must cost at most this share of the current ones' bytes, because every agent has to fetch them. */
const BETTER = 0.95;

/** Learns patterns from the latest conversations. Returns their size; undefined unless they're better than the current ones. */
export async function learnFrom(
  run: PoolRun<LearnPorts>,
  latest: Compaction['latest'],
): Promise<number | undefined> {
  const { pool, ports, dryRun } = run;
  const plains = await plainOf(run, latest);
  // Every fourth is a judge, and not learned from: a conversation always compresses well with its own patterns.
  const judges = plains.filter((_, index) => index % 4 === 3);
  const content = learnPatterns(plains.filter((_, index) => index % 4 !== 3));
  if (judges.length === 0 || content.length === 0) return undefined;
  const current = (await ports.patterns.current())?.content ?? new Uint8Array();
  if ((await costOf(judges, content)) > BETTER * (await costOf(judges, current))) return undefined;
  if (!dryRun) {
    const hash = contentHash(content);
    await ports.objects.put(patternKey(pool, hash), content);
    await ports.patternStore.setCurrent(hash, ports.clock.now());
  }
  return content.length;
}

async function plainOf(
  { pool, ports }: PoolRun<LearnPorts>,
  latest: Compaction['latest'],
): Promise<readonly Uint8Array[]> {
  const plains: Uint8Array[] = [];
  for (const { contextId } of latest) {
    const found = await ports.store.read(contextId);
    if (!found || found.head.plainBytes > LEARNED_BYTES_AT_MOST) continue;
    const restored = await restoreChain({ pool, ...ports }, found).catch(() => undefined);
    if (restored) plains.push(Uint8Array.from(restored.plain.subarray(0, BEGINNING_BYTES)));
  }
  return plains;
}

async function costOf(plains: readonly Uint8Array[], known: Uint8Array): Promise<number> {
  let bytes = 0;
  for (const plain of plains) bytes += (await compress(plain, known)).length;
  return bytes;
}
