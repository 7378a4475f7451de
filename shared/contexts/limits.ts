import type { Chain } from '../ports/context-store.ts';
import { MAX_VALUE_BYTES } from '../tasks/values.ts';

/**
 * What a stored context may say of itself. Heads, pages and links are read from outside, so nothing is fetched or
 * unpacked on their word alone: an agent's memory is small, and a link of some kilobytes can hold gigabytes.
 */

/** Compression makes nothing much larger: zstd adds at most a 256th, and the ends of a large context a few bytes. */
const STORED_BYTES_AT_MOST = MAX_VALUE_BYTES + MAX_VALUE_BYTES / 256 + 1024;
/** Base and pages together. A chain starts over long before, so only a damaged one is larger. */
const CHAIN_BYTES_AT_MOST = 3 * MAX_VALUE_BYTES;
/** A page holds at least one link, and patterns come with a link. */
const PARTS_AT_MOST = 512;

/** What a chain says that cannot be; undefined if all of it can. */
export function excessOf({ base, pages, patterns }: Chain): string | undefined {
  if (base.plainBytes > MAX_VALUE_BYTES)
    return `base ${base.key} states ${base.plainBytes} bytes, expected at most ${MAX_VALUE_BYTES}`;
  for (const { key, bytes } of [base, ...pages])
    if (bytes > STORED_BYTES_AT_MOST)
      return `${key} states ${bytes} stored bytes, expected at most ${STORED_BYTES_AT_MOST}`;
  const bytes = base.bytes + pages.reduce((sum, page) => sum + page.bytes, 0);
  if (bytes > CHAIN_BYTES_AT_MOST)
    return `the chain states ${bytes} stored bytes, expected at most ${CHAIN_BYTES_AT_MOST}`;
  if (pages.length > PARTS_AT_MOST || patterns.length > PARTS_AT_MOST)
    return `the chain states ${pages.length} pages and ${patterns.length} patterns, expected at most ${PARTS_AT_MOST}`;
  return undefined;
}

/** @throws RangeError when a link says that it holds more than a context can. */
export function checkLink({ plainBytes }: { readonly plainBytes: number }): void {
  if (plainBytes > MAX_VALUE_BYTES)
    throw new RangeError(`a link states ${plainBytes} bytes, expected at most ${MAX_VALUE_BYTES}`);
}
