import { pushVarint, readerOf } from '../contexts/varint.ts';
import { bucketOf, MINUTE_COUNTS, type MinuteBucket, type MinuteCounts } from '../core/pool/minutes.ts';

/**
 * An agent's minutes as bytes, so that the records of 5,000 agents, the most an ECS service runs, fit three pages of a
 * Query. Zero, which is no minute, and the number of counts come first. Then each bucket, latest first: how many
 * minutes it precedes the one above, and its counts, all as varints.
 */
export function packMinutes(minutes: readonly MinuteBucket[]): Uint8Array {
  if (minutes.length === 0) return new Uint8Array();
  const bytes: number[] = [0, MINUTE_COUNTS.length];
  let above: number | undefined;
  for (const bucket of minutes.toSorted((a, b) => b.minute - a.minute)) {
    pushVarint(bytes, above === undefined ? bucket.minute : above - bucket.minute);
    // A negative duration, from a clock that was set back, would make the whole record unreadable.
    for (const field of MINUTE_COUNTS) pushVarint(bytes, Math.max(0, Math.round(bucket[field])));
    above = bucket.minute;
  }
  return Uint8Array.from(bytes);
}

/** The counts before their number was stored. Waits were counted with completions then. */
const EARLIER_COUNTS = ['completed', 'durationMs', 'queueWaitMs', 'contextBytes', 'late'] as const;

/** @throws RangeError when the bytes end in the middle of a bucket. */
export function unpackMinutes(bytes: Uint8Array): readonly MinuteBucket[] {
  const { isAtEnd, varint } = readerOf(bytes);
  if (isAtEnd()) return [];
  const isEarlier = bytes[0] !== 0;
  const counts = isEarlier ? EARLIER_COUNTS : storedCounts(varint);
  const minutes: MinuteBucket[] = [];
  while (!isAtEnd()) {
    const above = minutes[0]?.minute;
    const first = varint();
    const minute = above === undefined ? first : above - first;
    const stored: Partial<MinuteCounts> = Object.fromEntries(counts.map((count) => [count, varint()]));
    const started = isEarlier && { started: stored.completed ?? 0 };
    // Oldest first, as they were counted.
    minutes.unshift(bucketOf(minute, { ...stored, ...started }));
  }
  return minutes;
}

const COUNTS_AT_MOST = 64;

/** The counts each bucket has. A later version may have added some. */
function storedCounts(varint: () => number): readonly string[] {
  varint();
  const length = varint();
  if (length > COUNTS_AT_MOST) throw new RangeError(`${length} counts a minute`);
  return Array.from({ length }, (_, index) => MINUTE_COUNTS[index] ?? `unknown-${index}`);
}
