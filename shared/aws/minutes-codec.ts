import type { MinuteBucket } from '../pool/minutes.ts';

/**
 * An agent's minutes as bytes: the records of 5,000 agents, as many as an ECS service has, then fit three pages of
 * a Query. For each bucket, the latest first: how many minutes it is before the one above, then its counts; each as
 * a LEB128 varint (seven bits a byte, the lowest first, the eighth set while more follow).
 */
export function packMinutes(minutes: readonly MinuteBucket[]): Uint8Array {
  const bytes: number[] = [];
  let above: number | undefined;
  for (const bucket of minutes.toSorted((a, b) => b.minute - a.minute)) {
    pushVarint(bytes, above === undefined ? bucket.minute : above - bucket.minute);
    for (const field of FIELDS) pushVarint(bytes, Math.round(bucket[field]));
    above = bucket.minute;
  }
  return Uint8Array.from(bytes);
}

const FIELDS = ['completed', 'workMs', 'waitMs', 'contextBytes', 'late'] as const;

/** @throws RangeError when the bytes end in the middle of a bucket. */
export function unpackMinutes(bytes: Uint8Array): readonly MinuteBucket[] {
  const minutes: MinuteBucket[] = [];
  let offset = 0;
  const next = (): number => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = bytes[offset];
      if (byte === undefined) throw new RangeError('minutes end in the middle of a bucket');
      offset += 1;
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  };
  while (offset < bytes.length) {
    const above = minutes[0]?.minute;
    const first = next();
    const minute = above === undefined ? first : above - first;
    // Oldest first, as they were counted.
    minutes.unshift({
      minute,
      completed: next(),
      workMs: next(),
      waitMs: next(),
      contextBytes: next(),
      late: next(),
    });
  }
  return minutes;
}

/** `value`: a whole number from 0 to 2^53 - 1. Beyond 2^31 bit operators would cut it, so division it is. */
function pushVarint(bytes: number[], value: number): void {
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  bytes.push(rest);
}
