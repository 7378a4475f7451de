/**
 * Numbers as LEB128 varints: seven bits per byte, lowest first, with the eighth bit set while more follow. Takes whole
 * numbers from 0 to 2^53 - 1. It divides, because bit operators would truncate numbers above 2^31.
 */
export function pushVarint(bytes: number[], value: number): void {
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  bytes.push(rest);
}

/** Reads bytes from start to end. */
export type Reader = {
  readonly isAtEnd: () => boolean;
  /** @throws RangeError when the bytes end in the middle of a number, or it's above 2^53 - 1. */
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
        // Before the factor becomes infinite: infinity times zero is no number, which every comparison accepts.
        if (value > Number.MAX_SAFE_INTEGER || factor > Number.MAX_SAFE_INTEGER)
          throw new RangeError('a number is too large');
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
