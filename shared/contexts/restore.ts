import { describeError } from '../core/foreign-text.ts';
import type { Chain, ContextHead, StoredContext } from '../ports/context-store.ts';
import { ValueError } from '../tasks/values.ts';
import type { Cached } from './cache.ts';
import { hashOf, type Link } from './chain.ts';
import {
  fetchBase,
  fetchPages,
  fetchPatterns,
  type NamedPatterns,
  openBase,
  openLink,
  openLinks,
  openPages,
  type Place,
} from './chain-parts.ts';
import type { ChainPorts } from './extend.ts';
import { excessOf } from './limits.ts';

export type Restored = {
  readonly plain: Uint8Array;
  readonly bytesRead: number;
  /** Why this isn't the latest version. */
  readonly damage?: string;
};

/**
 * Restores the latest version: from the cached version if it's in the chain, or else from the base. Fetches everything
 * it needs in parallel. If a part is missing or damaged, restores the last version before it.
 * @throws ValueError when no version can be restored. Any other error means that something couldn't be reached, which
 * says nothing about the chain: continuing from an earlier version would undo turns.
 */
export async function restoreChain(
  ports: ChainPorts,
  { head, pages: tablePages }: StoredContext,
  cached?: Cached,
): Promise<Restored> {
  const isLatest = cached?.hash === head.hash;
  if (isLatest && hashOf(head.parent, cached.plain) === head.hash)
    return { plain: cached.plain, bytesRead: 0 };
  const place = { ports, contextId: head.contextId, tablePages };
  // A file on disk may have changed. Then it isn't the latest version, or doesn't lead to it.
  const fromCache = cached && !isLatest ? await followTo(head, place, cached) : undefined;
  if (fromCache?.kind === 'found' && fromCache.damage === undefined) return fromCache;
  const fromBase = await followTo(head, place, undefined);
  if (fromBase.kind === 'found') return fromBase;
  // Not even the base is readable. The previous chain ends with the version before it.
  const earlier = head.previous && (await follow(place, head.previous, undefined));
  if (earlier?.kind === 'found') return { ...earlier, damage: fromBase.reason };
  throw new ValueError(`context ${head.contextId} cannot be restored: ${fromBase.reason}`);
}

/** The links of a chain, in order, up to the first missing or damaged one; none if the chain states too much. */
export async function readLinks(place: Place, chain: Chain): Promise<readonly Link[]> {
  if (excessOf(chain) !== undefined) return [];
  const { contents } = await fetchPages(place, chain);
  const { links, damage } = openPages(chain, contents);
  return damage === undefined ? [...links, ...openLinks(chain.tail, 'the latest links').links] : links;
}

/** `hash` is the hash of the version reached. */
type Reached = { readonly kind: 'found'; readonly hash: string } & Restored;

type Followed = Reached | { readonly kind: 'nothing'; readonly reason: string };

/** Follows the head's own chain. An intact chain that ends elsewhere isn't this context's, so none of it is used. */
async function followTo(head: ContextHead, place: Place, cached: Cached | undefined): Promise<Followed> {
  const followed = await follow(place, head.chain, cached);
  if (followed.kind === 'nothing' || followed.damage !== undefined || followed.hash === head.hash)
    return followed;
  return { kind: 'nothing', reason: `its chain does not end with version ${head.version}` };
}

/** Follows a chain as far as it's intact, from the cached version or from its base. */
async function follow(place: Place, chain: Chain, cached: Cached | undefined): Promise<Followed> {
  const excess = excessOf(chain);
  if (excess !== undefined) return { kind: 'nothing', reason: excess };
  const { links: tail, damage: tailDamage } = openLinks(chain.tail, 'the latest links');
  const inTail = cached ? tail.findIndex(({ hash }) => hash === cached.hash) : -1;
  if (cached && inTail >= 0 && tailDamage === undefined) {
    const rest = tail.slice(inTail + 1);
    const named = await fetchPatterns(place, chain, rest);
    return { kind: 'found', bytesRead: 0, ...(await unpack(cached, rest, named)) };
  }

  const [pages, base] = await Promise.all([
    fetchPages(place, chain),
    cached ? undefined : fetchBase(place, chain),
  ]);
  const { links, damage: pageDamage } = openPages(chain, pages.contents);
  const all = pageDamage === undefined ? [...links, ...tail] : links;
  const damage = pageDamage ?? tailDamage;
  const bytesRead = pages.bytes + (base instanceof Uint8Array ? base.length : 0);
  let start: Cached;
  let after = 0;
  const named = await fetchPatterns(place, chain, cached ? all : [chain.base, ...all]);
  if (cached) {
    after = cached.hash === chain.base.hash ? 0 : all.findIndex(({ hash }) => hash === cached.hash) + 1;
    if (after === 0 && cached.hash !== chain.base.hash)
      return { kind: 'nothing', reason: 'not in the chain' };
    start = cached;
  } else {
    try {
      start = { hash: chain.base.hash, plain: await openBase(place, chain, { content: base, named }) };
    } catch (error) {
      return { kind: 'nothing', reason: describeError(error) };
    }
  }
  const unpacked = await unpack(start, all.slice(after), named);
  return { kind: 'found', bytesRead, ...(damage !== undefined && { damage }), ...unpacked };
}

/** Unpacks link by link. Stops before the first damaged one, with the version before it. */
async function unpack(
  start: Cached,
  links: readonly Link[],
  named: NamedPatterns,
): Promise<Cached & Pick<Restored, 'damage'>> {
  let reached = start;
  for (const link of links) {
    try {
      reached = { hash: link.hash, plain: await openLink(link, reached, named) };
    } catch (error) {
      return { ...reached, damage: `version ${link.hash}: ${describeError(error)}` };
    }
  }
  return reached;
}
