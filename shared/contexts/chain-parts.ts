import { describeError } from '../core/foreign-text.ts';
import type { Chain, Page, TablePages } from '../ports/context-store.ts';
import { ValueError } from '../tasks/values.ts';
import type { Cached } from './cache.ts';
import { contentHash, hashOf, type Link, unpackLinks } from './chain.ts';
import { decompress } from './codec.ts';
import { type ChainPorts, contextPrefix, pageObject } from './extend.ts';

/** A context, with access to the parts of its chains. */
export type Place = {
  readonly ports: ChainPorts;
  readonly contextId: string;
  readonly tablePages: TablePages;
};

/** Fetches the pages of a chain. Missing and damaged ones are left out. */
export async function fetchPages(
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
export function openPages({ pages }: Chain, contents: ReadonlyMap<string, Uint8Array>): Opened {
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

/** Unpacks links, all or none. `what` names them in the damage. */
export function openLinks(packed: Uint8Array, what: string): Opened {
  try {
    return { links: unpackLinks(packed) };
  } catch (error) {
    return { links: [], damage: `${what} cannot be unpacked: ${describeError(error)}` };
  }
}

/** The stored base, a string that says what's wrong with it, or undefined if it's missing. */
export function fetchBase({ ports }: Place, { base }: Chain): Promise<Uint8Array | string | undefined> {
  return ports.objects.get(base.key, base.bytes).catch(damageIn);
}

/** The reason why stored content is damaged. @throws any error that isn't about the content. */
function damageIn(error: unknown): string {
  if (error instanceof ValueError) return error.message;
  throw error;
}

/** Patterns by their place in the chain, counted from 1. A string says why that pattern can't be read. */
export type NamedPatterns = ReadonlyMap<number, Uint8Array | string>;

/** Fetches the patterns that a base or links were compressed with. */
export async function fetchPatterns(
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

/** The plain content of a base. @throws ValueError when it's missing or damaged. */
export async function openBase(
  { ports: { pool }, contextId }: Place,
  { base }: Chain,
  { content, named }: { readonly content: Uint8Array | string | undefined; readonly named: NamedPatterns },
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

/** The plain content of the version that a link leads to. @throws ValueError when it's damaged. */
export async function openLink(
  { pattern, content, plainBytes, hash }: Link,
  before: Cached,
  named: NamedPatterns,
): Promise<Uint8Array> {
  const known = Buffer.concat([patternOf(named, pattern), before.plain]);
  const plain = await decompress(content, known, plainBytes);
  if (hashOf(before.hash, plain) !== hash) throw new ValueError('damaged: its hash differs');
  return plain;
}

function patternOf(named: NamedPatterns, place: number): Uint8Array {
  if (place === 0) return new Uint8Array();
  const pattern = named.get(place) ?? `pattern ${place} is missing`;
  if (typeof pattern === 'string') throw new ValueError(pattern);
  return pattern;
}
