import { encodeId } from '../core/pool/id.ts';
import type { Chain, ContextHead, ContextStore, Page } from '../ports/context-store.ts';
import { objectPrefix } from '../ports/object-keys.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import { bytesOf, contentHash, type Link, linksOf, packLink, unpackLinks } from './chain.ts';
import { compress } from './codec.ts';
import type { Pattern, Patterns } from './patterns.ts';

export type ChainPorts = {
  readonly pool: string;
  readonly store: ContextStore;
  readonly objects: ObjectStore;
  readonly patterns: Patterns;
};

/** A version to store. */
export type Next = {
  readonly contextId: string;
  readonly version: number;
  readonly hash: string;
  readonly plain: Uint8Array;
};

/** The version that the next one follows. */
type Before = { readonly head: ContextHead; readonly plain: Uint8Array };

type Extended = {
  readonly chain: Chain;
  /** The previous chain, in case the new one's base is lost. */
  readonly previous?: Chain;
  readonly bytesWritten: number;
};

/**
 * Links stay in the head up to this many bytes, because writing the head is billed per KiB. Then they become a page,
 * which is written once.
 */
const TAIL_BYTES = 1024;
/** Up to about this size, writing to the table costs less than to S3: eight write units, or one PUT. */
const TABLE_PAGE_BYTES = 8 * 1024;
/** Limits the length of a chain, because a restore unpacks link by link. */
const LINKS_AT_MOST = 128;
/** A new base pays off when a cold restore would read this many times the bytes of the context compressed alone. */
const WORTH = 1.4;

/** A chain that begins with this version as its base. `parent` is the hash of the version before. */
export async function firstChain(ports: ChainPorts, next: Next, parent: string): Promise<Extended> {
  const pattern = await ports.patterns.current();
  const content = await compress(next.plain, pattern?.content ?? new Uint8Array());
  // The name includes a hash of the content: with other patterns it would be another object.
  const key = `${contextPrefix(ports.pool, next.contextId)}${next.version}-${contentHash(content)}`;
  await ports.objects.put(key, content);
  const chain: Chain = {
    base: {
      version: next.version,
      key,
      bytes: content.length,
      plainBytes: next.plain.length,
      hash: next.hash,
      parent,
      pattern: pattern ? 1 : 0,
    },
    pages: [],
    tail: new Uint8Array(),
    patterns: pattern ? [pattern.hash] : [],
  };
  return { chain, bytesWritten: content.length };
}

/** Adds a version to a chain: as a link, or as a new base once the chain is too long or too large. */
export async function extendChain(ports: ChainPorts, before: Before, next: Next): Promise<Extended> {
  const { head } = before;
  const { link, patterns } = await linkTo(before, next, await ports.patterns.current());
  const packed = packLink(link);
  const chain = { ...head.chain, patterns, tail: Buffer.concat([head.chain.tail, packed]) };
  if (chain.tail.length <= TAIL_BYTES) return { chain, ...kept(head), bytesWritten: packed.length };

  // A full tail is the moment to check whether the chain still pays off.
  const alone = await compress(next.plain, new Uint8Array());
  if (linksOf(head.chain) >= LINKS_AT_MOST || bytesOf(chain) > WORTH * alone.length) {
    const previous = await turnPage(ports, next.contextId, head.chain);
    return { ...(await firstChain(ports, next, head.hash)), previous };
  }
  const turned = await turnPage(ports, next.contextId, chain);
  return { chain: turned, ...kept(head), bytesWritten: packed.length };
}

function kept({ previous }: ContextHead): { readonly previous?: Chain } {
  return previous ? { previous } : {};
}

/** The next version as a link, and the chain's patterns with the one that the link uses. */
async function linkTo(
  { head: { chain }, plain }: Before,
  next: Next,
  pattern: Pattern | undefined,
): Promise<{ readonly link: Link; readonly patterns: Chain['patterns'] }> {
  const content = await compress(next.plain, pattern ? Buffer.concat([pattern.content, plain]) : plain);
  const patterns =
    pattern && !chain.patterns.includes(pattern.hash) ? [...chain.patterns, pattern.hash] : chain.patterns;
  const place = pattern ? patterns.indexOf(pattern.hash) + 1 : 0;
  const link = { hash: next.hash, plainBytes: next.plain.length, pattern: place, content };
  return { link, patterns };
}

/** Writes the tail as a page and empties it. Repeating the write is harmless: the page is the same. */
async function turnPage(
  { pool, store, objects }: ChainPorts,
  contextId: string,
  chain: Chain,
): Promise<Chain> {
  const { pages, tail } = chain;
  if (tail.length === 0) return chain;
  const page: Page = {
    place: tail.length <= TABLE_PAGE_BYTES ? 'table' : 'object',
    key: contentHash(tail),
    bytes: tail.length,
    links: unpackLinks(tail).length,
  };
  if (page.place === 'table') await store.putPage(contextId, page.key, tail);
  else await objects.put(pageObject(pool, contextId, page), tail);
  return { ...chain, pages: [...pages, page], tail: new Uint8Array() };
}

export function pageObject(pool: string, contextId: string, { key }: Page): string {
  return `${contextPrefix(pool, contextId)}page-${key}`;
}

export function contextPrefix(pool: string, contextId: string): string {
  return `${objectPrefix('contexts', pool)}${encodeId(contextId)}/`;
}
