// Covers: console/page/route.ts, console/page/pool/range.ts, console/page/pool/pool-data.ts, console/page/parts/objective.ts, console/ticks.ts
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { standingOf } from '../../console/page/parts/objective.ts';
import { LANES } from '../../console/page/pool/lane-options.ts';
import { mergedPoints, mergedTicks } from '../../console/page/pool/pool-data.ts';
import { axisTimes, parametersOf, parseWindow, type Window, zoomed } from '../../console/page/pool/range.ts';
import { hrefOf, parsePlace, type Route } from '../../console/page/route.ts';
import { ticksOfMetrics } from '../../console/ticks.ts';

describe('an address of the page', () => {
  test('names the view and what it shows, whatever a name contains', () => {
    const name = fc.string({ minLength: 1 });
    const route: fc.Arbitrary<Route> = fc.oneof(
      fc.constantFrom<Route>({ view: 'overview' }, { view: 'tasks' }, { view: 'dashboards' }),
      fc.record({ view: fc.constant('pool' as const), pool: name }),
      fc.record({ view: fc.constant('pool' as const), pool: name, decisionAtMs: fc.nat() }),
      fc.record({ view: fc.constant('task' as const), id: name }),
      fc.record({ view: fc.constant('what-if' as const), name }),
    );
    fc.assert(
      fc.property(route, fc.dictionary(fc.stringMatching(/^[a-z]+$/), name), (to, parameters) => {
        const place = parsePlace(hrefOf(to, parameters));
        expect(place.route).toEqual(to);
        expect(Object.fromEntries(place.query)).toEqual(parameters);
      }),
    );
  });

  test('that names nothing is the overview', () => {
    for (const hash of ['', '#', '#/', '#/nothing', '#/pool/', '#/pool/%'])
      expect(parsePlace(hash).route).toEqual({ view: 'overview' });
  });

  test('keeps the time that is shown', () => {
    const shown: readonly Window[] = [
      { kind: 'live', span: '3h' },
      { kind: 'fixed', fromMs: 1_000, toMs: 9_000 },
    ];
    for (const each of shown) {
      const text = hrefOf({ view: 'overview' }, parametersOf(each));
      expect(parseWindow(parsePlace(text).query)).toEqual(each);
    }
  });
});

describe('the time that is shown', () => {
  test('has marks at whole steps, never more than there is room for', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 10_000, max: 14 * 86_400_000 }),
        fc.integer({ min: 3, max: 20 }),
        (span, most) => {
          const range = { fromMs: 1_767_571_200_000, toMs: 1_767_571_200_000 + span };
          const times = axisTimes(range, most);
          expect(times.length).toBeLessThanOrEqual(most + 1);
          for (const at of times) expect(at).toBeGreaterThanOrEqual(range.fromMs);
        },
      ),
    );
  });

  test('is never zoomed to less than ten seconds, nor beyond now', () => {
    const window = zoomed({ fromMs: 90_000, toMs: 100_000 }, 0.5, 100_000);
    expect(window).toEqual({ kind: 'fixed', fromMs: 90_000, toMs: 100_000 });
  });
});

describe('what arrives while a pool is shown', () => {
  const tick = (atMs: number) => ({ atMs });

  test('is each tick once and in order, also one that comes late', () => {
    const times = (ticks: readonly { atMs: number }[]) => ticks.map(({ atMs }) => atMs);
    expect(times(mergedTicks([tick(1), tick(3)], [tick(4)], 0))).toEqual([1, 3, 4]);
    expect(times(mergedTicks([tick(1), tick(3)], [tick(2), tick(3)], 0))).toEqual([1, 2, 3]);
    expect(times(mergedTicks([tick(1), tick(3)], [tick(4)], 3))).toEqual([3, 4]);
  });

  test('is the latest value of each period', () => {
    expect(
      mergedPoints(
        [
          [5, 0],
          [10, 1],
          [20, 2],
        ],
        [
          [20, 3],
          [30, 4],
        ],
        10_000,
      ),
    ).toEqual([
      [10, 1],
      [20, 3],
      [30, 4],
    ]);
    expect(mergedPoints([[10, 1]], [], 0)).toEqual([[10, 1]]);
  });
});

describe('a pool and its objective', () => {
  const objective = { percent: 95, withinSeconds: 30 };
  const pool = (attained?: number) => ({
    decision: {
      bounds: { min: 1, max: 9, objective },
      expected: { ...(attained !== undefined && { attained }) },
    },
  });
  const standing = (attained?: number) => standingOf(pool(attained) as never);

  test.each([
    [1, 'kept', 1],
    [0.975, 'kept', 0.5],
    [0.955, 'at risk', 0.1],
    [0.9, 'missed', 0],
  ])('with %d of the tasks in time, the objective is %s', (attained, kind, left) => {
    const found = standing(attained);
    expect(found.kind).toBe(kind);
    expect(found).toMatchObject({ budgetLeft: expect.closeTo(left, 6) });
  });

  test('without a task, nothing is known', () => {
    expect(standing()).toEqual({ kind: 'unknown' });
    expect(standingOf({})).toEqual({ kind: 'unknown' });
  });
});

test('slots have a lane of their own where agents have more than one', () => {
  const slots = LANES.find(({ id }) => id === 'slots');
  const shown = (tick: object) => slots?.isShown?.({ ticks: [tick] } as never);
  expect(shown({ busy: 2, idle: 1, draining: 1, slots: 4 })).toBe(false);
  expect(shown({ busy: 2, idle: 1, draining: 0, slots: 12 })).toBe(true);
  // Means of a minute.
  expect(shown({ busy: 1.5, idle: 1.2, draining: 0.1, slots: 2.9 })).toBe(false);
  expect(shown({})).toBe(false);
});

test('a long range is drawn from metrics, with the changes of the desired count', () => {
  const rows = (desired: readonly [number, number][]) => ({
    arrivals: new Map(),
    forecast: new Map(),
    visible: new Map([[60, 7]]),
    inFlight: new Map(),
    busy: new Map(),
    ready: new Map([[60, 2]]),
    cooldown: new Map([[60, 1]]),
    starting: new Map(),
    draining: new Map(),
    slotsUsed: new Map([[60, 5]]),
    slots: new Map([[60, 12]]),
    desired: new Map(desired),
  });
  const ticks = ticksOfMetrics(
    rows([
      [60, 3],
      [120, 3.4],
      [180, 5],
    ]),
    300,
  );
  expect(ticks.map(({ atMs }) => atMs)).toEqual([60_000, 120_000, 180_000]);
  expect(ticks[0]).toMatchObject({ visible: 7, idle: 3, slotsUsed: 5, slots: 12, desired: 3 });
  expect(ticks.map(({ change }) => change?.kind)).toEqual([undefined, undefined, 'scale-out']);
  // The decision is somewhere within the period.
  expect(ticks[2]?.change?.withinMs).toBe(300_000);
});
