/**
 * What two large contexts have in common, wherever it is: a counter at the front and a message at the end change little
 * between them. The new context becomes a list of segments, each a copy of the known one and then bytes of its own.
 */
export type Segment = {
  /** Where the copy starts in what is known, and its bytes; 0 for none. */
  readonly from: number;
  readonly copied: number;
  /** Bytes of its own that follow. */
  readonly own: number;
};

/** Known bytes are found again if a block of them is. */
const BLOCK = 64;
const FACTOR = 0x01000193;
/** FACTOR to the power of BLOCK, for removing the byte that leaves the window. */
const LEAVING = Array.from({ length: BLOCK }).reduce<number>((power) => Math.imul(power, FACTOR), 1);

/** Covers all of `plain`. Takes time in proportion to both. */
export function segmentsOf(plain: Uint8Array, known: Uint8Array): readonly Segment[] {
  const { find } = indexOf(known);
  const segments: Segment[] = [];
  let copy = { from: 0, copied: 0 };
  /** Up to here, all is in a segment or in `copy`. */
  let done = 0;
  let hash = 0;
  for (let at = 0; at < plain.length; at++) {
    hash = (Math.imul(hash, FACTOR) + (plain[at] as number)) | 0;
    const start = at + 1 - BLOCK;
    if (start > done) hash = (hash - Math.imul(LEAVING, plain[start - 1] as number)) | 0;
    if (start < done) continue;
    const found = find(hash);
    if (found === undefined || !isSame(plain, start, known, found)) continue;
    let from = found;
    let begin = start;
    while (begin > done && from > 0 && plain[begin - 1] === known[from - 1]) {
      begin -= 1;
      from -= 1;
    }
    let end = at + 1;
    for (
      let next = found + BLOCK;
      end < plain.length && next < known.length && plain[end] === known[next];
      next++
    )
      end += 1;
    segments.push({ ...copy, own: begin - done });
    copy = { from, copied: end - begin };
    done = end;
    hash = 0;
    at = end - 1;
  }
  segments.push({ ...copy, own: plain.length - done });
  return segments;
}

/** The bytes of their own of all segments, one after the other. */
export function ownBytes(plain: Uint8Array, segments: readonly Segment[]): Uint8Array {
  let at = 0;
  const parts = segments.map(({ copied, own }) => {
    at += copied + own;
    return plain.subarray(at - own, at);
  });
  return Buffer.concat(parts);
}

/** @throws RangeError when a segment isn't in what is known, or the bytes don't fill them. */
export function joined(segments: readonly Segment[], own: Uint8Array, known: Uint8Array): Uint8Array {
  let at = 0;
  const parts = segments.flatMap((segment) => {
    if (segment.from + segment.copied > known.length) throw new RangeError('a segment does not fit');
    at += segment.own;
    return [known.subarray(segment.from, segment.from + segment.copied), own.subarray(at - segment.own, at)];
  });
  if (at !== own.length) throw new RangeError('the segments do not fit');
  return Buffer.concat(parts);
}

/** The blocks of `known` by hash, in a table of fixed size: a block whose place is taken isn't found. */
function indexOf(known: Uint8Array): { readonly find: (hash: number) => number | undefined } {
  const blocks = Math.floor(known.length / BLOCK);
  const bits = Math.max(4, Math.ceil(Math.log2(blocks + 1)) + 1);
  const table = new Int32Array(2 ** bits);
  const place = (hash: number) => Math.imul(hash, 0x9e3779b1) >>> (32 - bits);
  for (let block = blocks - 1; block >= 0; block--) {
    let hash = 0;
    for (let at = block * BLOCK; at < (block + 1) * BLOCK; at++)
      hash = (Math.imul(hash, FACTOR) + (known[at] as number)) | 0;
    table[place(hash)] = block + 1;
  }
  return {
    find: (hash) => {
      const block = table[place(hash)] as number;
      return block === 0 ? undefined : (block - 1) * BLOCK;
    },
  };
}

function isSame(plain: Uint8Array, start: number, known: Uint8Array, from: number): boolean {
  for (let at = 0; at < BLOCK; at++) if (plain[start + at] !== known[from + at]) return false;
  return true;
}
