// Covers: shared/core/pool/minutes.ts
import { describe, expect, test } from 'vitest';
import { bucketOf, countMinute, RING_MINUTES } from '../../shared/core/pool/minutes.ts';
import { summarize } from '../../shared/core/summarize-agents.ts';
import { instance, NOW_MS, pool } from './build.ts';

const context = { nowMs: NOW_MS, config: pool({ heartbeatSeconds: 30 }), generation: 4, fleet: undefined };
const minute = NOW_MS / 60_000;

test('activity is the sum of the last five minutes of all agents, stopped ones included', () => {
  const bucket = bucketOf(minute, {
    started: 2,
    queueWaitMs: 1_000,
    completed: 2,
    durationMs: 20_000,
    contextBytes: 200,
  });
  const instances = [
    instance({
      minutes: [bucket, { ...bucket, minute: minute - 6, durationMs: 1e9 }],
      readyAtMs: NOW_MS + 4_000,
    }),
    instance({ id: 'gone', status: 'stopped', minutes: [{ ...bucket, durationMs: 40_000 }] }),
  ];
  expect(summarize(instances, 0, context).activity).toMatchObject({
    completed: 4,
    durationSeconds: 15,
    queueWaitSeconds: 0.5,
    contextBytes: 100,
    startupSeconds: 4,
  });
});

test('minutes are summed over all agents, without those older than a ring holds', () => {
  const bucket = bucketOf(minute, { completed: 1, durationMs: 10, failed: 3 });
  const old = { ...bucket, minute: minute - RING_MINUTES };
  const instances = [instance({ minutes: [old, bucket] }), instance({ id: 'b', minutes: [bucket] })];
  expect(summarize(instances, 0, context).minutes).toEqual([
    bucketOf(minute, { completed: 2, durationMs: 20, failed: 6 }),
  ]);
});

describe('the spread of task durations', () => {
  const work = (...sums: readonly (readonly [number, number])[]) => {
    const minutes = sums.map(([completed, durationSeconds], index) =>
      bucketOf(minute - index, { completed, durationMs: durationSeconds * 1000 }),
    );
    return summarize([instance({ minutes })], 0, context).activity.durationSpread;
  };
  test.each([
    [
      'one task a minute: their standard deviation ÷ mean',
      [
        [1, 10],
        [1, 20],
        [1, 30],
        [1, 40],
      ],
      Math.sqrt(500 / 3) / 25,
    ],
    [
      'sums of two: a sum scatters by twice the variance',
      [
        [2, 20],
        [2, 60],
      ],
      Math.sqrt(400) / 20,
    ],
    [
      'all alike',
      [
        [1, 10],
        [3, 30],
      ],
      0,
    ],
    ['one bucket says nothing', [[5, 100]], undefined],
  ] as const)('the spread of task durations is estimated from sums: %s', (_case, sums, expected) => {
    const spread = work(...sums);
    if (expected === undefined) expect(spread).toBeUndefined();
    else expect(spread).toBeCloseTo(expected, 10);
  });
});

test('a ring of minutes adds up within a minute and drops minutes older than its length', () => {
  const counts = { completed: 1, durationMs: 10, late: 1 };
  const once = countMinute([], NOW_MS, counts);
  const twice = countMinute(once, NOW_MS + 59_999, counts);
  expect(twice).toEqual([bucketOf(minute, { completed: 2, durationMs: 20, late: 2 })]);
  const later = countMinute(twice, NOW_MS + RING_MINUTES * 60_000, counts);
  expect(later.map((bucket) => bucket.minute)).toEqual([minute + RING_MINUTES]);
});
