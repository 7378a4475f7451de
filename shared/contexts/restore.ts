import { describeError } from '../core/describe-error.ts';
import type { Chain, ContextHead, Page } from '../ports/context-store.ts';
import { ValueError } from '../tasks/values.ts';
import type { Cached } from './cache.ts';
import { contentHash, hashOf, type Link, unpackLinks } from './chain.ts';
import { decompress } from './codec.ts';
import { type ChainPorts, contextPrefix, pageObject } from './extend.ts';

export type Restored = {
  readonly plain: Uint8Array;
  readonly bytesRead: number;
  /** Why this isn't the latest version. */
  readonly damage?: string;
};

/** The pages stored in the table, by key, as read with the head. */
export type TablePages = ReadonlyMap<string, Uint8Array>;

/**
 * Restores the latest version: from the cached version if it's in the chain, or else from the base. Fetches everything
 * it needs in parallel. If a part is missing or damaged, restores the last version before it.
 * @throws ValueError when no version can be restored. Any other error means that something couldn't be reached, which
 * says nothing about the chain: continuing from an earlier version would undo turns.
 */
export async function restoreChain(
  ports: ChainPorts,
  head: ContextHead,
  tablePages: TablePages,
  cached: Cached | undefined,
): Promise<Restored> {
  const isLatest = cached?.hash === head.hash;
  if (isLatest && hashOf(head.parent, cached.plain) === head.hash)
    return { plain: cached.plain, bytesRead: 0 };
  const chain = { ports, contextId: head.contextId, tablePages };
  // A file on disk may have changed. Then it isn't the latest version, or doesn't lead to it.
  const fromCache = cached && !isLatest ? await followTo(head, chain, cached) : undefined;
  if (fromCache?.kind === 'found' && fromCache.damage === undefined) return fromCache;
  const fromBase = await followTo(head, chain, undefined);
  if (fromBase.kind === 'found') return fromBase;
  // Not even the base is readable. The previous chain ends with the version before it.
  const earlier = head.previous && (await follow(chain, head.previous, undefined));
  if (earlier?.kind === 'found') return { ...earlier, damage: fromBase.reason };
  throw new ValueError(`context ${head.contextId} cannot be restored: ${fromBase.reason}`);
}

/** The links of a chain, in order, up to the first missing or damaged one. */
export async function readLinks(
  ports: ChainPorts,
  contextId: string,
  chain: Chain,
  tablePages: TablePages,
): Promise<readonly Link[]> {
  const { contents } = await fetchPages({ ports, contextId, tablePages }, chain);
  const { links, damage } = linksOf(chain, contents);
  return damage === undefined ? [...links, ...openLinks(chain.tail, 'the latest links').links] : links;
}

type Place = {
  readonly ports: ChainPorts;
  readonly contextId: string;
  readonly tablePages: TablePages;
};

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
  const { links: tail, damage: tailDamage } = openLinks(chain.tail, 'the latest links');
  const inTail = cached ? tail.findIndex(({ hash }) => hash === cached.hash) : -1;
  if (cached && inTail >= 0 && tailDamage === undefined) {
    const rest = tail.slice(inTail + 1);
    return unpack(cached, rest, 0, await fetchPatterns(place, chain, rest));
  }

  const [pages, base] = await Promise.all([
    fetchPages(place, chain),
    cached ? undefined : fetchBase(place, chain),
  ]);
  const { links, damage: pageDamage } = linksOf(chain, pages.contents);
  const all = pageDamage === undefined ? [...links, ...tail] : links;
  const damage = pageDamage ?? tailDamage;
  const bytes = pages.bytes + (base instanceof Uint8Array ? base.length : 0);
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
      start = { hash: chain.base.hash, plain: await openBase(place, chain, base, named) };
    } catch (error) {
      return { kind: 'nothing', reason: describeError(error) };
    }
  }
  const found = await unpack(start, all.slice(after), bytes, named);
  return { ...found, ...(damage !== undefined && found.damage === undefined && { damage }) };
}

/** Unpacks link by link. Stops before the first damaged one, with the version before it. */
async function unpack(
  start: Cached,
  links: readonly Link[],
  bytesRead: number,
  named: NamedPatterns,
): Promise<Reached> {
  let { plain, hash: parent } = start;
  for (const link of links) {
    try {
      plain = await openLink(link, parent, plain, named);
      parent = link.hash;
    } catch (error) {
      const damage = `version ${link.hash}: ${describeError(error)}`;
      return { kind: 'found', hash: parent, plain, bytesRead, damage };
    }
  }
  return { kind: 'found', hash: parent, plain, bytesRead };
}

async function fetchPages(
  { ports: { pool, objects }, contextId, tablePages }: Place,
  { pages }: Chain,
): Promise<{ readonly contents: ReadonlyMap<string, Uint8Array>; readonly bytes: number }> {
  const found = await Promise.all(
    pages.map(async (page): Promise<readonly [string, Uint8Array][]> => {
      const content =
        page.place === 'table'
          ? tablePages.get(page.key)
          : await objects.get(pageObject(pool, contextId, page), page.bytes).catch(damageIn);
      return content instanceof Uint8Array ? [[page.key, content]] : [];
    }),
  );
  const contents = found.flat();
  return {
    contents: new Map(contents),
    bytes: contents.reduce((sum, [, content]) => sum + content.length, 0),
  };
}

/** The links of all pages, in order, up to the first missing or damaged page. */
function linksOf({ pages }: Chain, contents: ReadonlyMap<string, Uint8Array>): Opened {
  const links: Link[] = [];
  for (const page of pages) {
    const opened = openPage(page, contents.get(page.key));
    links.push(...opened.links);
    if (opened.damage !== undefined) return { links, damage: opened.damage };
  }
  return { links };
}

type Opened = { readonly links: readonly Link[]; readonly damage?: string };

function openPage(page: Page, content: Uint8Array | undefined): Opened {
  if (!content) return { links: [], damage: `page ${page.key} is missing` };
  if (contentHash(content) !== page.key) {
    return { links: [], damage: `page ${page.key} is damaged: its hash differs` };
  }
  return openLinks(content, `page ${page.key}`);
}

function openLinks(packed: Uint8Array, what: string): Opened {
  try {
    return { links: unpackLinks(packed) };
  } catch (error) {
    return { links: [], damage: `${what} cannot be unpacked: ${describeError(error)}` };
  }
}

function fetchBase({ ports }: Place, { base }: Chain): Promise<Uint8Array | string | undefined> {
  return ports.objects.get(base.key, base.bytes).catch(damageIn);
}

/** The reason why stored content is damaged. @throws any error that isn't about the content. */
function damageIn(error: unknown): string {
  if (error instanceof ValueError) return error.message;
  throw error;
}

/** Patterns by their place in the chain, counted from 1. A string says why that pattern can't be read. */
type NamedPatterns = ReadonlyMap<number, Uint8Array | string>;

async function fetchPatterns(
  { ports }: Place,
  { patterns: names }: Chain,
  of: readonly Pick<Link, 'pattern'>[],
): Promise<NamedPatterns> {
  const places = new Set(of.map(({ pattern }) => pattern));
  const found = [...places].flatMap((place) => {
    const name = names[place - 1];
    return name === undefined ? [] : [[place, name] as const];
  });
  const contents = found.map(
    async ([place, name]) => [place, await ports.patterns.get(name).catch(damageIn)] as const,
  );
  return new Map(await Promise.all(contents));
}

async function openBase(
  { ports: { pool }, contextId }: Place,
  { base }: Chain,
  content: Uint8Array | string | undefined,
  named: NamedPatterns,
): Promise<Uint8Array> {
  if (!base.key.startsWith(contextPrefix(pool, contextId))) {
    throw new ValueError(`base ${base.key} is not this context's`);
  }
  if (content === undefined) throw new ValueError(`base ${base.key} is missing`);
  if (typeof content === 'string') throw new ValueError(`base ${base.key} cannot be read: ${content}`);
  const plain = await decompress(content, patternOf(named, base.pattern), base.plainBytes);
  if (hashOf(base.parent, plain) !== base.hash) {
    throw new ValueError(`base ${base.key} is damaged: its hash differs`);
  }
  return plain;
}

async function openLink(
  { pattern, content, plainBytes, hash }: Link,
  parent: string,
  before: Uint8Array,
  named: NamedPatterns,
): Promise<Uint8Array> {
  const known = Buffer.concat([patternOf(named, pattern), before]);
  const plain = await decompress(content, known, plainBytes);
  if (hashOf(parent, plain) !== hash) throw new ValueError('damaged: its hash differs');
  return plain;
}

function patternOf(named: NamedPatterns, place: number): Uint8Array {
  if (place === 0) return new Uint8Array();
  const pattern = named.get(place) ?? `pattern ${place} is missing`;
  if (typeof pattern === 'string') throw new ValueError(pattern);
  return pattern;
}
