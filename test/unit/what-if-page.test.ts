// Covers: console/page/what-if/scatter-layout.ts, console/page/what-if/pool-text.ts, console/page/what-if/costs.ts, console/page/route.ts
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Route, shownRoute } from '../../console/page/route.ts';
import { costText } from '../../console/page/what-if/costs.ts';
import { poolText } from '../../console/page/what-if/pool-text.ts';
import { placeLabels, scaleOf } from '../../console/page/what-if/scatter-layout.ts';

describe('what is shown', () => {
  const routes: readonly Route[] = [
    { view: 'overview' },
    { view: 'pool', pool: 'week' },
    { view: 'tasks' },
    { view: 'dashboards' },
  ];

  test('is the first trace, where there are traces and no pools, unless the address names one', () => {
    const traces = { pools: [], traces: ['week', 'day'] };
    for (const route of routes) expect(shownRoute(route, traces)).toEqual({ view: 'what-if', name: 'week' });
    const day = { view: 'what-if', name: 'day' } as const;
    expect(shownRoute(day, traces)).toBe(day);
  });

  test('is what the address says, where there are pools', () => {
    for (const route of routes) expect(shownRoute(route, { pools: ['a'], traces: ['week'] })).toBe(route);
  });
});

describe('the scatter plot', () => {
  test('does not shrink for one scaler that is far dearer than the rest', () => {
    const scale = scaleOf([1, 2], [3, 20], 0, 100);
    expect(scale.isBeyond(3)).toBe(false);
    expect(scale.isBeyond(20)).toBe(true);
    expect(scale.at(20)).toBe(100);
    expect(scale.at(0)).toBe(0);
    expect(scale.marks).toEqual([0, 1, 2, 3]);
  });

  test('has a scale even if every value is zero', () => {
    expect(scaleOf([0], [], 0, 100).at(0)).toBe(0);
    expect(scaleOf([], [], 0, 100).marks.length).toBeGreaterThan(1);
  });

  test('never has two labels on top of each other, nor one beyond the right edge', () => {
    const label = fc.record({
      x: fc.integer({ min: 60, max: 340 }),
      y: fc.integer({ min: 0, max: 300 }),
      text: fc.constantFrom('today', 'as changed', 'today, recommended'),
    });
    fc.assert(
      fc.property(fc.array(label, { maxLength: 3 }), (labels) => {
        const placed = placeLabels(labels, 360);
        expect(placed).toHaveLength(labels.length);
        const boxes = placed.map(({ x, y, anchor, text }) => {
          const left = anchor === 'start' ? x : x - 7 * text.length;
          return { left, right: left + 7 * text.length, y };
        });
        for (const [index, box] of boxes.entries()) {
          expect(box.right).toBeLessThanOrEqual(360);
          const beside = boxes.slice(index + 1).filter(({ y }) => Math.abs(y - box.y) < 15);
          for (const other of beside) expect(other.left >= box.right || other.right <= box.left).toBe(true);
        }
      }),
    );
  });
});

test('the settings of a point are written as the fields of a pool', () => {
  expect(poolText({ min: 2, max: 400 }, { max: 20, policies: ['predictive', 'overdue'] })).toBe(
    "min: 2,\nmax: 20,\npolicies: ['predictive', 'overdue'],",
  );
  const values = {
    objective: { percent: 99, withinSeconds: 0.5 },
    schedule: [{ cron: "it's \\ odd", min: 3 }],
    scaleInStabilizationSeconds: 'auto',
  };
  const read = runInNewContext(`({${poolText({ min: 0, max: 9 }, values as never)}})`) as unknown;
  expect(JSON.parse(JSON.stringify(read))).toEqual({ min: 0, max: 9, ...values });
});

test.each([
  [{ agentsPaid: 2.5, dollarsPerHour: 0.06573 }, '$0.0657 an hour'],
  [{ agentsPaid: 2.5, dollarsPerHour: 14.04 }, '$14.0 an hour'],
  [{ agentsPaid: 2.5, dollarsPerHour: 1403.6 }, '$1,404 an hour'],
  [{ agentsPaid: 2.5 }, '2.50 agents'],
])('the cost of %j is %s', (point, text) => {
  expect(costText(point as never)).toBe(text);
});
