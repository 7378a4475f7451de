import { createHash } from 'node:crypto';
import { pushVarint, readerOf } from '../varint.ts';

/**
 * The versions of a context since its last base: the base whole, as an object, then a link for each version after it,
 * which holds what is new in it. Full tails of links become pages; the head names all of them.
 */
export type Chain = {
  readonly base: Base;
  readonly pages: readonly Page[];
  /** The latest links, packed; in the head itself, so that most turns write nothing else. */
  readonly tail: Uint8Array;
  /** Hashes of the patterns that the base and the links were compressed with; they name them by place. */
  readonly patterns: readonly string[];
};

export type Base = {
  readonly version: number;
  readonly key: string;
  readonly bytes: number;
  readonly plainBytes: number;
  readonly hash: string;
  /** Hash of the version before it. */
  readonly parent: string;
  /** Its place in the chain's patterns, counted from 1; 0 for none. */
  readonly pattern: number;
};

/** Packed links outside of the head. Small pages lie beside it in the table, large ones are objects. */
export type Page = {
  readonly place: 'table' | 'object';
  readonly key: string;
  readonly bytes: number;
  readonly links: number;
};

export type Link = {
  readonly hash: string;
  readonly plainBytes: number;
  readonly pattern: number;
  readonly content: Uint8Array;
};

const HASH_BYTES = 32;

/**
 * The hash of a version: over its plain content and the hash of the version before. So it also says which versions led
 * there, and those of another conversation never fit.
 */
export function hashOf(parent: string, plain: Uint8Array): string {
  return createHash('sha256').update(parent).update('\n').update(plain).digest('hex');
}

/** What stands for the version before the first one: it ties a chain to its conversation. */
export function originOf(pool: string, contextId: string): string {
  return createHash('sha256').update(`${pool}/${contextId}`).digest('hex');
}

/** What immutable parts are named by: pages, patterns and bases. */
export function contentHash(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

/** One link after another: pattern, plain size, hash, content size, content; numbers as varints. */
export function packLink({ pattern, plainBytes, hash, content }: Link): Uint8Array {
  const start: number[] = [];
  pushVarint(start, pattern);
  pushVarint(start, plainBytes);
  const size: number[] = [];
  pushVarint(size, content.length);
  return Buffer.concat([Uint8Array.from(start), Buffer.from(hash, 'hex'), Uint8Array.from(size), content]);
}

/** @throws RangeError when the bytes end in the middle of a link. */
export function unpackLinks(packed: Uint8Array): readonly Link[] {
  const { isAtEnd, varint, take } = readerOf(packed);
  const links: Link[] = [];
  while (!isAtEnd()) {
    const pattern = varint();
    const plainBytes = varint();
    const hash = Buffer.from(take(HASH_BYTES)).toString('hex');
    links.push({ pattern, plainBytes, hash, content: take(varint()) });
  }
  return links;
}

/** Bytes that a cold restore reads: the base and all links. */
export function bytesOf({ base, pages, tail }: Chain): number {
  return base.bytes + pages.reduce((sum, page) => sum + page.bytes, 0) + tail.length;
}

export function linksOf({ pages, tail }: Chain): number {
  return pages.reduce((sum, page) => sum + page.links, 0) + unpackLinks(tail).length;
}
