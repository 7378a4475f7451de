import fc from 'fast-check';
import { expect, test } from 'vitest';
import { packMinutes, unpackMinutes } from '../../shared/aws/minutes-codec.ts';
import { pushVarint } from '../../shared/contexts/varint.ts';
import { bucketOf, MINUTE_COUNTS } from '../../shared/core/pool/minutes.ts';

const count = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const counts = Object.fromEntries(MINUTE_COUNTS.map((each) => [each, count])) as Record<
  (typeof MINUTE_COUNTS)[number],
  typeof count
>;
const rings = fc
  .uniqueArray(fc.record({ minute: fc.nat({ max: 2 ** 40 }), ...counts }), {
    selector: ({ minute }) => minute,
    maxLength: 15,
  })
  .map((ring) => ring.toSorted((a, b) => a.minute - b.minute));

test('minutes are read as they were packed', () => {
  fc.assert(
    fc.property(rings, (ring) => {
      expect(unpackMinutes(packMinutes(ring))).toEqual(ring);
    }),
  );
});

test('truncated bytes are an error, or whole buckets', () => {
  fc.assert(
    fc.property(rings, fc.nat(), (ring, at) => {
      const bytes = packMinutes(ring);
      const cut = bytes.subarray(0, at % (bytes.length + 1));
      try {
        const left = unpackMinutes(cut);
        expect(ring.slice(ring.length - left.length)).toEqual(left);
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError);
      }
    }),
  );
});

test('minutes of an earlier version, which had five counts and no number of them, are still read', () => {
  const bytes: number[] = [];
  for (const value of [29_000_000, 2, 20_000, 1_000, 300, 1]) pushVarint(bytes, value);
  expect(unpackMinutes(Uint8Array.from(bytes))).toEqual([
    bucketOf(29_000_000, {
      started: 2,
      completed: 2,
      durationMs: 20_000,
      queueWaitMs: 1_000,
      contextBytes: 300,
      late: 1,
    }),
  ]);
});
