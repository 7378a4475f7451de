// Covers: shared/views/decision-view.ts, shared/views/decision-text.ts
import { expect, test } from 'vitest';
import { known } from '../../shared/core/observation.ts';
import { viewDecision } from '../../shared/views/decision-view.ts';
import { productionScaler } from '../../sim/backtest/production.ts';
import { simulate } from '../../sim/backtest/simulate.ts';
import { decisionRecord, inputs, NOW_MS, observation, pool } from './build.ts';

/** The views of a pool to which a task comes each second for five minutes, and a last one ten minutes later. */
async function views() {
  const model = { config: pool({ min: 1, max: 9, tickSeconds: 15 }), startupSeconds: 45 };
  const steady = Array.from({ length: 300 }, (_, index) => ({ atSeconds: index, durationSeconds: 1 }));
  const trace = [...steady, { atSeconds: 900, durationSeconds: 1 }];
  const found: ReturnType<typeof viewDecision>[] = [];
  await simulate(trace, model, {
    begin: (world) => productionScaler(world, (record) => found.push(viewDecision(record))),
  });
  const beganMs = found[0]?.atMs ?? 0;
  return (seconds: number) => found.find(({ atMs }) => atMs - beganMs >= 1000 * seconds)?.expected;
}

test('a decision has the rate of arrivals as it was seen, which is gone a minute after the last task', async () => {
  const at = await views();
  expect(at(240)?.arrivals).toBeCloseTo(1, 1);
  expect(at(360)?.arrivals).toBe(0);
});

test('a decision has the range around its forecast in which nine of ten counts fall', async () => {
  const expected = (await views())(240);
  const { forecast = 0, low = 0, high = 0 } = expected ?? {};
  // A count of a Poisson process over a start-up of 45 s: 1.645 standard deviations to each side.
  const spread = 1.645 * Math.sqrt(forecast / 45);
  expect(high - forecast).toBeGreaterThanOrEqual(spread * 0.99);
  expect(low).toBeLessThan(forecast);
  expect(low).toBeGreaterThanOrEqual(0);
});

test('a decision has the slots that it read, and the agents that handlers hold up', () => {
  const slots = { used: 5, free: 2, unusable: 0, draining: 1 };
  const seen = observation(3, { agents: { busy: 2, ready: 0, draining: 1, heldUp: 1, slots } });
  const { read } = viewDecision(decisionRecord(inputs(seen, { config: pool({ concurrency: 4 }) })));
  expect(read).toMatchObject({ slotsUsed: 6, slots: 8, heldUp: 1 });
});

test('a decision says how many slots a limit feeds, what the pool uses of it, and for how long it is closed', () => {
  const config = pool({ limits: [{ name: 'toString', perMinute: { requests: 60 } }] });
  const use = { msPerSecond: 300, slots: 6, waitingSlots: 1, refused: 0 };
  const seen = observation(2, { agents: { busy: 2, limitUse: { toString: use } as never } });
  const shown = (limits: typeof seen.limits) =>
    viewDecision(decisionRecord(inputs({ ...seen, limits }, { config }))).sections.find(
      ({ title }) => title === 'limits',
    )?.text;
  expect(shown(seen.limits)).toBe('toString: 60 requests a minute; 30 % used in five minutes');
  const closed = { name: 'toString', freeAtMs: NOW_MS + 37_000, closedUntilMs: NOW_MS + 37_000 };
  expect(shown(known([closed], NOW_MS))).toMatch(/in five minutes; closed for 37 s$/);
});

test('a decision says which drains were started and which were taken back', () => {
  const record = decisionRecord(inputs(observation(3, { agents: { ready: 3 } })));
  const surplus = { drain: [], replace: [], retire: ['a', 'b'], resume: ['c'] };
  expect(viewDecision({ ...record, surplus }).drains).toEqual(['draining 2 at work', 'taking back a drain']);
  expect(viewDecision(record).drains).toBeUndefined();
});
