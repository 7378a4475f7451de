/**
 * Numbers as LEB128 varints: seven bits a byte, the lowest first, the eighth set while more follow. For whole numbers
 * from 0 to 2^53 - 1; beyond 2^31 bit operators would cut them, so division it is.
 */
export function pushVarint(bytes: number[], value: number): void {
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  bytes.push(rest);
}

/** Reads through bytes from their beginning. */
export type Reader = {
  readonly isAtEnd: () => boolean;
  /** @throws RangeError when the bytes end before. */
  readonly varint: () => number;
  readonly take: (count: number) => Uint8Array;
  readonly rest: () => Uint8Array;
};

export function readerOf(bytes: Uint8Array): Reader {
  let offset = 0;
  return {
    isAtEnd: () => offset >= bytes.length,
    varint() {
      let value = 0;
      for (let factor = 1; ; factor *= 128) {
        const byte = bytes[offset];
        if (byte === undefined) throw new RangeError('the bytes end in the middle of a number');
        offset += 1;
        value += (byte & 127) * factor;
        if (byte < 128) return value;
      }
    },
    take(count) {
      if (offset + count > bytes.length) throw new RangeError('the bytes end in the middle of a part');
      offset += count;
      return bytes.subarray(offset - count, offset);
    },
    rest: () => bytes.subarray(offset),
  };
}
