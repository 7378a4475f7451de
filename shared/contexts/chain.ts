import { createHash } from 'node:crypto';
import type { Chain } from '../ports/context-store.ts';
import { checkLink } from './limits.ts';
import { pushVarint, readerOf } from './varint.ts';

export type Link = {
  readonly hash: string;
  readonly plainBytes: number;
  readonly pattern: number;
  readonly content: Uint8Array;
};

const HASH_BYTES = 32;

/**
 * The hash of a version: over its plain content and the hash of the version before it. So it also covers the earlier
 * versions, and a version of another conversation never fits.
 */
export function hashOf(parent: string, plain: Uint8Array): string {
  return createHash('sha256').update(parent).update('\n').update(plain).digest('hex');
}

/** The parent hash of a first version, which ties a chain to its conversation. */
export function originOf(pool: string, contextId: string): string {
  return createHash('sha256').update(`${pool}/${contextId}`).digest('hex');
}

/** The hash that names the immutable parts: pages, patterns and bases. */
export function contentHash(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

/** A link as bytes: pattern, plain size, hash, content size, content; numbers as varints. */
export function packLink({ pattern, plainBytes, hash, content }: Link): Uint8Array {
  const start: number[] = [];
  pushVarint(start, pattern);
  pushVarint(start, plainBytes);
  const size: number[] = [];
  pushVarint(size, content.length);
  return Buffer.concat([Uint8Array.from(start), Buffer.from(hash, 'hex'), Uint8Array.from(size), content]);
}

/** @throws RangeError when the bytes end in the middle of a link, or a link states more than a context can hold. */
export function unpackLinks(packed: Uint8Array): readonly Link[] {
  const { isAtEnd, varint, take } = readerOf(packed);
  const links: Link[] = [];
  while (!isAtEnd()) {
    const pattern = varint();
    const plainBytes = varint();
    checkLink({ plainBytes });
    const hash = Buffer.from(take(HASH_BYTES)).toString('hex');
    links.push({ pattern, plainBytes, hash, content: take(varint()) });
  }
  return links;
}

/** Bytes read by a cold restore: the base and all links. */
export function bytesOf({ base, pages, tail }: Chain): number {
  return base.bytes + pages.reduce((sum, page) => sum + page.bytes, 0) + tail.length;
}

export function linksOf({ pages, tail }: Chain): number {
  return pages.reduce((sum, page) => sum + page.links, 0) + unpackLinks(tail).length;
}
