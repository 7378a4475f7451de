import { describe, expect, test } from 'vitest';
import type { Peer, View } from '../../sim/backtest/scaler.ts';
import { World } from '../../sim/backtest/world.ts';
import { constant } from '../../sim/peers/constant.ts';
import { keda } from '../../sim/peers/keda.ts';
import { knative } from '../../sim/peers/knative.ts';
import { oneStep } from '../../sim/peers/one-step.ts';
import { oracle } from '../../sim/peers/oracle.ts';
import { stepScaling } from '../../sim/peers/step-scaling.ts';
import { targetTracking } from '../../sim/peers/target-tracking.ts';
import { pool } from './build.ts';

const model = { config: pool({ min: 2, max: 400 }), startupSeconds: 45 };

/** What a peer wants at each of its ticks, given their samples. What it wants is there at the next tick. */
function watch(
  peer: Peer,
  setting: number,
  samples: readonly Partial<View>[],
  trace: World['trace'] = [],
): number[] {
  const decide = peer.begin(setting, new World(trace, model));
  const wanted: number[] = [];
  for (const [index, sample] of samples.entries()) {
    wanted.push(
      decide({
        nowSeconds: index * (peer.tickSeconds ?? 15),
        visible: 0,
        inFlight: 0,
        ready: 0,
        starting: 0,
        desired: wanted.at(-1) ?? 2,
        ...sample,
      }),
    );
  }
  return wanted;
}
const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);

describe('one-step', () => {
  test.each([
    ['all busy', { desired: 10, ready: 0 }, 11],
    ['exactly 0.7', { desired: 10, ready: 3 }, 10],
    ['below 0.2', { desired: 10, ready: 9 }, 9],
    ['starting agents are not ready, so they count as utilized', { desired: 10, ready: 2, starting: 8 }, 11],
  ])('the peer one-step takes one step a tick by utilization: %s', (_case, sample, expected) => {
    expect(watch(oneStep, 0.7, [sample])).toEqual([expected]);
  });
});

describe('KEDA', () => {
  test('KEDA changes nothing within 10 % of its target', () => {
    expect(watch(keda, 1, [{ visible: 109, desired: 100 }])).toEqual([100]);
    expect(watch(keda, 1, [{ visible: 111, desired: 100 }])).toEqual([111]);
  });
  test('KEDA scales out by 4 or by a doubling, whichever is more', () => {
    expect(watch(keda, 1, times(4, { visible: 100 }))).toEqual([6, 12, 24, 48]);
  });
  test('KEDA wants more agents for a lower target', () => {
    expect(watch(keda, 0.5, [{ visible: 5, inFlight: 5, desired: 16 }])).toEqual([20]);
  });
  test('KEDA scales in only when the highest recommendation is older than 300 s', () => {
    const wanted = watch(keda, 1, [{ inFlight: 20, desired: 20 }, ...times(22, { inFlight: 5 })]);
    expect(wanted.slice(1, 21)).toEqual(times(20, 20));
    expect(wanted[21]).toBe(5);
  });
});

describe('target tracking', () => {
  test('target tracking scales out at the third point above the target', () => {
    expect(watch(targetTracking, 0.5, times(3, { visible: 4 }))).toEqual([2, 2, 8]);
  });
  test('target tracking starts over after a point within the target', () => {
    const samples = [{ visible: 4 }, { visible: 4 }, { visible: 1 }, { visible: 4 }, { visible: 4 }];
    expect(watch(targetTracking, 0.5, samples)).toEqual([2, 2, 2, 2, 2]);
  });
  test('target tracking scales in at the fifteenth point below 90 % of the target', () => {
    const wanted = watch(targetTracking, 0.5, times(15, { visible: 2, desired: 10 }));
    expect(wanted[13]).toBe(10);
    expect(wanted[14]).toBe(4);
  });
});

describe('step scaling', () => {
  test.each([
    ['a backlog of one fleet', 10, 11],
    ['of five', 50, 14],
    ['of twenty', 200, 20],
    ['less', 9, 10],
  ])('step scaling scales out after 2 of 2 points: %s', (_case, visible, expected) => {
    expect(watch(stepScaling, 1, times(2, { visible, desired: 10 }))).toEqual([10, expected]);
  });
  test('step scaling removes one agent after fifteen quiet points', () => {
    expect(watch(stepScaling, 1, times(16, { desired: 10 })).slice(13)).toEqual([10, 9, 10]);
  });
});

describe('Knative', () => {
  test('Knative scales to the mean of the last 60 s', () => {
    const samples = [4, 4, 8, 8].map((inFlight) => ({ inFlight, ready: 10, desired: 10 }));
    expect(watch(knative, 1, samples)).toEqual([5, 5, 6, 6]);
  });
  test('Knative panics at twice the ready capacity, and does not shrink for 60 s', () => {
    const samples = [{ visible: 20, ready: 2 }, ...times(5, { ready: 20 })];
    expect(watch(knative, 1, samples)).toEqual([20, 20, 20, 20, 10, 5]);
  });
});

test('static keeps its count whatever happens', () => {
  expect(watch(constant, 7, [{ visible: 100 }, {}])).toEqual([7, 7]);
});

test('the oracle wants the largest concurrency until new agents are ready and the allowed queue wait is over', () => {
  const trace = [
    { atSeconds: 10, durationSeconds: 5 },
    { atSeconds: 12, durationSeconds: 5 },
    { atSeconds: 100, durationSeconds: 5 },
    { atSeconds: 101, durationSeconds: 5 },
    { atSeconds: 102, durationSeconds: 5 },
  ];
  // 45 s to start, a tick of 15 s, 30 s to wait: it sees 90 s ahead.
  expect(watch(oracle, 1, [{ nowSeconds: 0 }, { nowSeconds: 12 }, { nowSeconds: 108 }], trace)).toEqual([
    2, 3, 0,
  ]);
  expect(watch(oracle, 0.5, [{ nowSeconds: 12 }], trace)).toEqual([2]);
});
