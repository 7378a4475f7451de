import type { ContextHead, ContextStore } from '../ports/context-store.ts';
import { linksOf } from './chain.ts';
import { openLinks } from './chain-parts.ts';
import type { PoolRun } from './collect-garbage.ts';
import { type ChainPorts, firstChain } from './extend.ts';
import { restoreChain } from './restore.ts';

type MergePorts = Omit<ChainPorts, 'pool'> & { readonly store: ContextStore };

type Merged =
  | { readonly kind: 'merged' }
  /** Another writer moved the head meanwhile: the chain is left as it is. */
  | { readonly kind: 'left' }
  | { readonly kind: 'unreadable'; readonly reason: string };

/** A chain with this many links is merged once its conversation has been idle for {@link IDLE_MS}. */
const LONG_CHAIN_LINKS = 32;
const IDLE_MS = 3_600_000;
/**
 * Each link of a chain unpacks to the whole context, and the compactor has 256 MB. Agents start a new chain for a larger
 * one by themselves, after 128 links.
 */
const MERGED_BYTES_AT_MOST = 512 * 1024;

/** A chain whose links can't be counted is tried as well, which reports what is wrong with it. */
export function isWorthMerging({ chain, plainBytes, updatedAtMs }: ContextHead, nowMs: number): boolean {
  if (plainBytes > MERGED_BYTES_AT_MOST || nowMs - updatedAtMs <= IDLE_MS) return false;
  const isReadable = openLinks(chain.tail, 'the latest links').damage === undefined;
  return !isReadable || linksOf(chain) >= LONG_CHAIN_LINKS;
}

/** Replaces a chain by its last version alone. The chain before stays: an agent may be about to go on from it. */
export async function mergeChain(
  { pool, ports, dryRun }: PoolRun<MergePorts>,
  seen: ContextHead,
): Promise<Merged> {
  const found = await ports.store.read(seen.contextId);
  if (found?.head.hash !== seen.hash) return { kind: 'left' };
  const restored = await restoreChain({ pool, ...ports }, found).catch((error: Error) => error.message);
  if (typeof restored === 'string') return { kind: 'unreadable', reason: restored };
  if (restored.damage !== undefined) return { kind: 'unreadable', reason: restored.damage };
  if (dryRun) return { kind: 'merged' };
  const { contextId, version, hash, parent, chain: previous } = found.head;
  const { chain } = await firstChain(
    { pool, ...ports },
    { contextId, version, hash, plain: restored.plain },
    parent,
  );
  return { kind: (await ports.store.rebase({ ...found.head, chain, previous })) ? 'merged' : 'left' };
}
