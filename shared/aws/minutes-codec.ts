import { pushVarint, readerOf } from '../contexts/varint.ts';
import { MINUTE_COUNTS, type MinuteBucket, type MinuteCounts } from '../core/pool/minutes.ts';

/**
 * An agent's minutes as bytes, so that the records of 5,000 agents, the most an ECS service runs, fit three pages of a
 * Query. Each bucket, latest first, is how many minutes it precedes the one above, then its counts, as varints.
 */
export function packMinutes(minutes: readonly MinuteBucket[]): Uint8Array {
  const bytes: number[] = [];
  let above: number | undefined;
  for (const bucket of minutes.toSorted((a, b) => b.minute - a.minute)) {
    pushVarint(bytes, above === undefined ? bucket.minute : above - bucket.minute);
    // A negative duration, from a clock that was set back, would make the whole record unreadable.
    for (const field of MINUTE_COUNTS) pushVarint(bytes, Math.max(0, Math.round(bucket[field])));
    above = bucket.minute;
  }
  return Uint8Array.from(bytes);
}

/** @throws RangeError when the bytes end in the middle of a bucket. */
export function unpackMinutes(bytes: Uint8Array): readonly MinuteBucket[] {
  const minutes: MinuteBucket[] = [];
  const { isAtEnd, varint } = readerOf(bytes);
  while (!isAtEnd()) {
    const above = minutes[0]?.minute;
    const first = varint();
    const minute = above === undefined ? first : above - first;
    // Oldest first, as they were counted.
    minutes.unshift({
      minute,
      ...(Object.fromEntries(MINUTE_COUNTS.map((count) => [count, varint()])) as MinuteCounts),
    });
  }
  return minutes;
}
