import fc from 'fast-check';
import { expect, test } from 'vitest';
import { packMinutes, unpackMinutes } from '../../shared/aws/minutes-codec.ts';

const count = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const rings = fc
  .uniqueArray(
    fc.record({
      minute: fc.nat({ max: 2 ** 40 }),
      completed: count,
      durationMs: count,
      queueWaitMs: count,
      contextBytes: count,
      late: count,
    }),
    { selector: ({ minute }) => minute, maxLength: 15 },
  )
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
