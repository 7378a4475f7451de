import fc from 'fast-check';
import { expect, test } from 'vitest';
import { expectedLoad, normalQuantile } from '../../shared/core/queueing.ts';

const flows = fc.record({
  inSystem: fc.double({ min: 0, max: 500, noNaN: true }),
  arrivalsPerSecond: fc.double({ min: 0, max: 20, noNaN: true }),
  durationSeconds: fc.double({ min: 30, max: 600, noNaN: true }),
  agents: fc.nat({ max: 500 }),
  readyInSeconds: fc
    .array(fc.double({ min: 0, max: 60, noNaN: true }), { maxLength: 20 })
    .map((all) => all.toSorted((a, b) => a - b)),
  seconds: fc.double({ min: 0, max: 60, noNaN: true }),
});

test('with an agent for every task the load follows the transient of M/G/∞', () => {
  fc.assert(
    fc.property(flows, (flow) => {
      const { inSystem, arrivalsPerSecond, durationSeconds, seconds } = flow;
      const staying = Math.exp(-seconds / durationSeconds);
      const exact = inSystem * staying + arrivalsPerSecond * durationSeconds * (1 - staying);
      // Few steps, for speed: the error stays below a twentieth of what flows.
      const flowing = (inSystem / durationSeconds + arrivalsPerSecond) * seconds;
      const load = expectedLoad({ ...flow, agents: 1_000_000 });
      expect(Math.abs(load - exact)).toBeLessThanOrEqual(0.2 * flowing + 1e-9);
    }),
  );
});

test('without agents the queue grows by its arrivals', () => {
  fc.assert(
    fc.property(flows, (flow) => {
      const load = expectedLoad({ ...flow, agents: 0, readyInSeconds: [] });
      expect(load).toBeCloseTo(flow.inSystem + flow.arrivalsPerSecond * flow.seconds, 6);
    }),
  );
});

test('more agents never leave more load, and more tasks never less', () => {
  fc.assert(
    fc.property(flows, fc.nat({ max: 100 }), (flow, more) => {
      const load = expectedLoad(flow);
      expect(expectedLoad({ ...flow, agents: flow.agents + more })).toBeLessThanOrEqual(load + 1e-9);
      expect(expectedLoad({ ...flow, inSystem: flow.inSystem + more })).toBeGreaterThanOrEqual(load - 1e-9);
      expect(
        expectedLoad({ ...flow, arrivalsPerSecond: flow.arrivalsPerSecond + more }),
      ).toBeGreaterThanOrEqual(load - 1e-9);
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
