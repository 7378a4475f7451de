import { describe, expect, test } from 'vitest';
import type { Peer, View } from '../../sim/backtest/scaler.ts';
import { World } from '../../sim/backtest/world.ts';
import { constant } from '../../sim/peers/constant.ts';
import { keda } from '../../sim/peers/keda.ts';
import { knative } from '../../sim/peers/knative.ts';
import { oneStep } from '../../sim/peers/one-step.ts';
import { oracle } from '../../sim/peers/oracle.ts';
import { stepScaling } from '../../sim/peers/step-scaling.ts';
import { targetTracking, targetTracking20s } from '../../sim/peers/target-tracking.ts';
import { temporal } from '../../sim/peers/temporal.ts';
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
        concurrency: 1,
        free: 0,
        present: 0,
        starting: 0,
        desired: wanted.at(-1) ?? 2,
        arrived: 0,
        unmatched: 0,
        started: 0,
        ...sample,
      }),
    );
  }
  return wanted;
}
const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);

describe('one-step', () => {
  test.each([
    ['all busy', { desired: 10, free: 0 }, 11],
    ['exactly 0.7', { desired: 10, free: 3 }, 10],
    ['below 0.2', { desired: 10, free: 9 }, 9],
    ['starting agents are not ready, so they count as utilized', { desired: 10, free: 2, starting: 8 }, 11],
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
  test('target tracking on 20-second points follows the same rule three times as fast', () => {
    expect(targetTracking20s.tickSeconds).toBe((targetTracking.tickSeconds as number) / 3);
    expect(watch(targetTracking20s, 0.5, times(3, { visible: 4 }))).toEqual([2, 2, 8]);
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
    const samples = [4, 4, 8, 8].map((inFlight) => ({ inFlight, present: 10 + inFlight, desired: 10 }));
    expect(watch(knative, 1, samples)).toEqual([5, 5, 6, 6]);
  });
  test('Knative panics at twice the ready capacity, and does not shrink for 60 s', () => {
    const wanted = watch(knative, 1, [{ visible: 20, present: 2 }, ...times(31, { present: 20 })]);
    expect(wanted.slice(0, 30)).toEqual(times(30, 20));
    expect(wanted.slice(30)).toEqual([10, 5]);
  });
});

describe('Temporal', () => {
  /** Workers that do a task in 10 s. */
  const trace = [{ atSeconds: 0, durationSeconds: 10 }];
  /** Two minutes of samples, 2 s apart, with as many arrivals in each. */
  const minutes = (perSample: number, sample: Partial<View>) =>
    Array.from({ length: 61 }, (_, index) => ({ arrived: index * perSample, ...sample }));
  const atPolls = (utilization: number, samples: readonly Partial<View>[]) => {
    const wanted = watch(temporal, utilization, samples, trace);
    return [wanted[30], wanted[60]];
  };

  test('Temporal adds a worker for a task that found none', () => {
    const samples = [{ desired: 10 }, { desired: 10, unmatched: 3 }, { desired: 11, unmatched: 3 }];
    expect(watch(temporal, 0.8, samples, trace).slice(1)).toEqual([11, 11]);
  });
  test('Temporal adds at most four workers at a poll, a minute after the last', () => {
    expect(atPolls(0.8, minutes(20, { desired: 10 }))).toEqual([14, 14]);
    expect(watch(temporal, 0.8, minutes(20, { desired: 10 }), trace)[31]).toBe(10);
  });
  // 10 arrivals a second, smoothed from 0, are 4.5 at the first poll after: a load of 45 workers.
  test.each([
    ['the utilization target', 0.8, 56, 57],
    ['the square-root rule, where that is more', 1, 48, 49],
  ])('Temporal staffs by %s', (_rule, utilization, desired, expected) => {
    expect(atPolls(utilization, minutes(20, { desired }))[0]).toBe(expected);
  });
  test('Temporal plans for two tasks a second more while there is a backlog', () => {
    expect(atPolls(1, minutes(20, { desired: 68, visible: 1 }))[0]).toBe(70);
  });
  test('Temporal removes one worker a minute, 90 s after the last task that found none', () => {
    expect(atPolls(0.8, minutes(0, { desired: 10 }))).toEqual([9, 9]);
    const late = minutes(0, { desired: 10 }).map((sample, index) => ({
      ...sample,
      unmatched: index > 5 ? 1 : 0,
    }));
    expect(atPolls(0.8, late)).toEqual([10, 9]);
  });
  test('Temporal adds no more at a poll right after it added a worker', () => {
    const samples = minutes(20, { desired: 10 }).map((sample, index) => ({
      ...sample,
      unmatched: index < 30 ? 0 : 1,
    }));
    expect(atPolls(0.8, samples)).toEqual([11, 14]);
  });
  test('Temporal forgets the arrival rate once nothing arrives, starts or waits', () => {
    const burst = minutes(20, { desired: 20 }).map((sample, index) => ({
      ...sample,
      arrived: 20 * Math.min(index, 31),
    }));
    expect(atPolls(0.8, burst)).toEqual([24, 19]);
  });
  test('Temporal learns what a worker can do from a backlog of fifty', () => {
    const waiting = (visible: number) =>
      minutes(1, { desired: 30, visible }).map((sample, index) => ({ ...sample, started: index }));
    expect(atPolls(0.8, waiting(49))[0]).toBe(29);
    expect(atPolls(0.8, waiting(50))[0]).toBe(34);
  });
  test('Temporal learns what a worker can do from a saturated fleet', () => {
    // 0.5 starts a second of eleven workers, the eleventh just added, where 0.1 each was expected.
    const saturated = minutes(1, { desired: 2 }).map((sample, index) => ({
      ...sample,
      started: index,
      desired: index === 20 ? 10 : 2,
      unmatched: index >= 20 ? 1 : 0,
    }));
    expect(atPolls(0.8, minutes(1, { desired: 2 }))[0]).toBe(3);
    expect(atPolls(0.8, saturated)[0]).toBe(4);
  });
});

test.each([
  [keda, 15],
  [knative, 2],
  [temporal, 2],
  [targetTracking, 60],
  [targetTracking20s, 20],
  [stepScaling, 60],
])('the peer $name ticks at its own period, whatever the tick of the pool', (peer, seconds) => {
  expect(peer.tickSeconds).toBe(seconds);
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
