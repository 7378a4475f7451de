import fc from 'fast-check';
import { expect, test } from 'vitest';
import { agentsFor, slotsOfWholeAgents } from '../../shared/core/pool/slots.ts';

const counts = fc.nat({ max: 400_000 });
const amounts = fc.double({ min: 0, max: 400_000, noNaN: true });
const concurrency = fc.integer({ min: 1, max: 64 });

test('as many agents are needed as have the slots, and not one more', () => {
  fc.assert(
    fc.property(counts, concurrency, (slots, each) => {
      const agents = agentsFor(slots, each);
      expect(agents * each).toBeGreaterThanOrEqual(slots);
      expect((agents - 1) * each).toBeLessThan(Math.max(1, slots));
    }),
  );
});

test('slots are rounded to those of whole agents, the nearest, and of one agent at least for half a slot', () => {
  fc.assert(
    fc.property(amounts, concurrency, (slots, each) => {
      const whole = slotsOfWholeAgents(slots, each);
      expect(whole % each).toBe(0);
      if (whole > each) expect(Math.abs(whole - slots)).toBeLessThanOrEqual(each / 2 + 1e-6);
      expect(whole > 0).toBe(slots >= 0.5);
      expect(agentsFor(whole, each) * each).toBe(whole);
    }),
  );
});

test('more slots never become fewer', () => {
  fc.assert(
    fc.property(amounts, amounts, concurrency, (slots, more, each) => {
      expect(slotsOfWholeAgents(slots + more, each)).toBeGreaterThanOrEqual(slotsOfWholeAgents(slots, each));
    }),
  );
});

test('with one slot an agent, slots are agents', () => {
  fc.assert(
    fc.property(counts, (slots) => {
      expect([agentsFor(slots, 1), slotsOfWholeAgents(slots, 1)]).toEqual([slots, slots]);
    }),
  );
});
