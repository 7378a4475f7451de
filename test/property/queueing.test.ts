import fc from 'fast-check';
import { expect, test } from 'vitest';
import { expectedLoad, normalQuantile } from '../../shared/core/queueing.ts';

/** Uniform over orders of magnitude. */
const magnitude = (min: number, max: number) =>
  fc.double({ min: Math.log(min), max: Math.log(max), noNaN: true }).map(Math.exp);

/** Loads of 0.01 to 5,000 used slots, with tasks of 50 ms to 6 h, up to half an hour ahead. */
const flows = fc
  .record({
    inSystem: fc.oneof(fc.constant(0), magnitude(0.01, 20_000)),
    offered: magnitude(0.01, 5_000),
    durationSeconds: magnitude(0.05, 21_600),
    slots: fc.nat({ max: 5_000 }),
    readyInSeconds: fc
      .array(fc.double({ min: 0, max: 1_800, noNaN: true }), { maxLength: 20 })
      .map((all) => all.toSorted((a, b) => a - b)),
    seconds: magnitude(0.1, 1_800),
  })
  .map(({ offered, ...flow }) => ({ ...flow, arrivalsPerSecond: offered / flow.durationSeconds }));

test('with a slot for every task the load follows the transient of M/G/∞', () => {
  fc.assert(
    fc.property(flows, (flow) => {
      const { inSystem, arrivalsPerSecond, durationSeconds, seconds } = flow;
      const staying = Math.exp(-seconds / durationSeconds);
      const exact = inSystem * staying + arrivalsPerSecond * durationSeconds * (1 - staying);
      expect(expectedLoad({ ...flow, slots: 1_000_000 })).toBeCloseTo(exact, 6);
    }),
  );
});

test('within a hundredth of a task, the load changes by the arrivals less the completions of the used slots', () => {
  fc.assert(
    fc.property(flows, (flow) => {
      const { inSystem, arrivalsPerSecond, durationSeconds, slots } = flow;
      const seconds = durationSeconds / 100;
      const load = expectedLoad({ ...flow, seconds, readyInSeconds: [] });
      const change = seconds * (arrivalsPerSecond - Math.min(inSystem, slots) / durationSeconds);
      const flowing = seconds * (arrivalsPerSecond + Math.min(inSystem, slots) / durationSeconds);
      expect(Math.abs(load - inSystem - change)).toBeLessThanOrEqual(0.01 * flowing + 1e-9);
    }),
  );
});

test('looking ahead in two steps gives the same load as in one', () => {
  fc.assert(
    fc.property(flows, fc.double({ min: 0, max: 1, noNaN: true }), (flow, share) => {
      const first = flow.seconds * share;
      const twice = expectedLoad({
        ...flow,
        inSystem: expectedLoad({ ...flow, seconds: first }),
        readyInSeconds: flow.readyInSeconds.map((at) => Math.max(0, at - first)),
        seconds: flow.seconds - first,
      });
      const once = expectedLoad(flow);
      expect(Math.abs(twice - once)).toBeLessThanOrEqual(1e-6 * (1 + once));
    }),
  );
});

test('without slots the queue grows by its arrivals', () => {
  fc.assert(
    fc.property(flows, (flow) => {
      const load = expectedLoad({ ...flow, slots: 0, readyInSeconds: [] });
      expect(load).toBeCloseTo(flow.inSystem + flow.arrivalsPerSecond * flow.seconds, 5);
    }),
  );
});

test('more slots never leave more load, and more tasks never less', () => {
  fc.assert(
    fc.property(flows, fc.nat({ max: 100 }), (flow, more) => {
      const load = expectedLoad(flow);
      expect(expectedLoad({ ...flow, slots: flow.slots + more })).toBeLessThanOrEqual(
        load * (1 + 1e-9) + 1e-9,
      );
      expect(expectedLoad({ ...flow, inSystem: flow.inSystem + more })).toBeGreaterThanOrEqual(
        load * (1 - 1e-9) - 1e-9,
      );
      expect(
        expectedLoad({ ...flow, arrivalsPerSecond: flow.arrivalsPerSecond + more }),
      ).toBeGreaterThanOrEqual(load * (1 - 1e-9) - 1e-9);
    }),
  );
});

test.each([
  [0.5, 0],
  [0.8413447, 1],
  [0.95, 1.6448536],
  [0.99, 2.3263479],
  [0.05, -1.6448536],
])('the normal quantile of %d is %d', (share, expected) => {
  expect(normalQuantile(share)).toBeCloseTo(expected, 3);
});
