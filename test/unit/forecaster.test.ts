// Covers: shared/core/arrival-history.ts, shared/core/forecast/sample.ts, shared/core/forecast/season-at.ts, shared/core/forecast/trends.ts, shared/core/forecast/signals/arrivals.ts, shared/core/forecast/signals/error-budget.ts, shared/core/forecast/signals/pace.ts, shared/core/forecast/signals/persistence.ts, shared/core/forecast/signals/season.ts, shared/core/forecast/signals/startup.ts, shared/core/forecast/signals/task-duration.ts, shared/core/forecast/signals/unsaved-minutes.ts
import { describe, expect, test } from 'vitest';
import { dueMinutes } from '../../shared/core/arrival-history.ts';
import { forecast } from '../../shared/core/forecast/forecaster.ts';
import { passedBetween, type Sample } from '../../shared/core/forecast/sample.ts';
import { seasonAt } from '../../shared/core/forecast/season-at.ts';
import {
  arrivedWithin,
  dispersion,
  naiveRate,
  recentRate,
} from '../../shared/core/forecast/signals/arrivals.ts';
import { shareThatLasts } from '../../shared/core/forecast/signals/persistence.ts';
import { blend, scoreSeason } from '../../shared/core/forecast/signals/season.ts';
import type { Forecast, ForecastState } from '../../shared/core/forecast/signals.ts';
import { isSignificant, trendsOf } from '../../shared/core/forecast/trends.ts';
import { known, type Season, unknown } from '../../shared/core/observation.ts';
import { bucketOf, type MinuteBucket } from '../../shared/core/pool/minutes.ts';
import { NOW_MS, observation, pool } from './build.ts';

type Counted = Sample['minutes'][number];
const minute = NOW_MS / 60_000;
const bucket = (changes: Partial<MinuteBucket>) => ({ ...bucketOf(minute), ...changes });

describe('between two samples', () => {
  const sample = (atMs: number, inSystem: number, received = 0) => ({
    atMs,
    inSystem,
    received,
    minutes: [],
  });
  const counted = (counts: Partial<Counted>) => ({
    minute,
    started: 0,
    late: 0,
    ended: 0,
    busyMs: 0,
    ...counts,
  });

  test('an arrival is still there or has ended, completed or given up', () => {
    const before = { ...sample(NOW_MS, 10, 4), minutes: [counted({ ended: 2, busyMs: 20_000 })] };
    const now = [
      bucket({
        completed: 4,
        durationMs: 50_000,
        started: 3,
        late: 1,
        failed: 2,
        failedMs: 9_000,
        givenUp: 1,
      }),
    ];
    expect(passedBetween(before, sample(NOW_MS + 15_000, 12, 5), now)).toEqual({
      seconds: 15,
      arrivals: 5,
      taken: 4,
      started: 3,
      late: 1,
      ended: 3,
      busySeconds: 39,
    });
  });

  test('tasks that ended in a minute that two samples share are counted once', () => {
    const before = { ...sample(NOW_MS + 50_000, 4), minutes: [counted({ ended: 2 })] };
    const now = [bucket({ completed: 3 }), bucket({ minute: minute + 1, completed: 4 })];
    expect(passedBetween(before, sample(NOW_MS + 65_000, 4), now).ended).toBe(5);
  });
});

describe("a pool's history", () => {
  test('history is due ten minutes at a time, without minutes that may still get completions', () => {
    const unsaved = Array.from({ length: 14 }, (_, index) => ({
      minute: minute - 13 + index,
      arrivals: index,
    }));
    const due = (last: number) => {
      const state = watched();
      const unsavedMinutes = unsaved.filter((each) => each.minute <= minute - 13 + last);
      const known = { ...state.known, unsavedMinutes };
      const memory = { recommendations: [], changes: [], emptyTicks: 0, forecast: { ...state, known } };
      return dueMinutes(memory, observation(0)).map((each) => each.minute);
    };
    expect(due(13)).toEqual(unsaved.slice(0, 10).map((each) => each.minute));
    expect(due(8)).toEqual([]);
  });
  const watched = () => forecast(observation(0), undefined, pool()).next as ForecastState;
});

describe('the rate', () => {
  const slots = (...arrivals: readonly number[]) => ({
    total: 0,
    slots: arrivals.map((count) => ({ seconds: 15, arrivals: count })),
  });
  const steady = (perTick: number, ticks: number) => Array.from({ length: ticks }, () => perTick);

  test('with steady arrivals every window agrees, and the long one decides the rate', () => {
    const seen = slots(...steady(3, 40));
    expect(recentRate(seen, naiveRate(seen))).toBeCloseTo(0.2, 10);
  });
  test('a change of the rate that chance explains is not believed', () => {
    const seen = slots(...steady(3, 39), 9);
    expect(recentRate(seen, naiveRate(seen))).toBe(naiveRate(seen));
  });
  test('a jump of the rate is believed at once', () => {
    const seen = slots(...steady(3, 39), 30);
    expect(recentRate(seen, naiveRate(seen))).toBeCloseTo(2, 10);
  });
  test('a pause of arrivals is believed once it lasts longer than chance explains', () => {
    const seen = slots(...steady(3, 36), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    expect(recentRate(seen, naiveRate(seen))).toBe(0);
  });
  test('a first sample without arrivals gives no rate', () => {
    expect(naiveRate(slots())).toBe(0);
  });
  test('the persistence of a change is between none and all of it', () => {
    expect(shareThatLasts({ xy: 5, xx: 10 })).toBe(0.5);
    expect(shareThatLasts({ xy: -5, xx: 10 })).toBe(0);
    expect(shareThatLasts({ xy: 15, xx: 10 })).toBe(1);
  });
});

describe('seasons', () => {
  const day = Math.floor(NOW_MS / 86_400_000);
  /** A day on which `perMinute` tasks arrive between 8 and 10 o'clock, and none else. */
  const morning = (ago: number, perMinute: number) => ({
    day: day - ago,
    arrivals: Array.from({ length: 1440 }, (_, at) => (at >= 480 && at < 600 ? perMinute : 0)),
  });
  const nine = NOW_MS + 9 * 3_600_000;

  test('seasons are the mean of this time of day on earlier days and of the weekday in earlier weeks', () => {
    const history = [morning(1, 60), morning(2, 120), morning(7, 600)];
    expect(seasonAt(history, nine)).toEqual({ day: (60 + 120 + 600) / 3 / 60, week: 10 });
    expect(seasonAt(history, NOW_MS + 12 * 3_600_000)).toEqual({ day: 0, week: 0 });
  });
  test('a pool without a history has no seasons', () => {
    expect(seasonAt([], nine)).toEqual({});
    expect(seasonAt([{ day: day - 1, arrivals: [] }], nine)).toEqual({});
  });

  const check = { atMs: NOW_MS, dueMs: NOW_MS + 300_000, arrived: 0, naive: 1, day: 2 };
  test('a season that was right while the naive forecast was wrong gets the larger weight', () => {
    const errors = scoreSeason({ naive: 20_000, day: 400 }, { ...check, came: 600, seconds: 300 });
    expect(blend(1, { day: 2 }, { errors, checkSeconds: 300 })).toBeGreaterThan(1.9);
  });
  test('a season that was worse than the naive forecast has no weight until it is better again', () => {
    let errors = scoreSeason({}, { ...check, came: 300, seconds: 300 });
    expect(blend(1, { day: 2 }, { errors, checkSeconds: 300 })).toBe(1);
    for (let again = 0; again < 400; again++)
      errors = scoreSeason(errors, { ...check, came: 600, seconds: 300 });
    expect(blend(1, { day: 2 }, { errors, checkSeconds: 300 })).toBeGreaterThan(1);
  });
});

describe('the dispersion of arrivals', () => {
  const slots = (counts: readonly number[]) => counts.map((arrivals) => ({ seconds: 15, arrivals }));

  test('even arrivals count as Poisson', () => {
    expect(dispersion({ total: 0, slots: [] })).toBe(1);
    expect(dispersion({ total: 0, slots: slots([3, 3, 3, 3]) })).toBe(1);
  });
  test('a few tasks at once are no burst, many are', () => {
    const at = (count: number) => dispersion({ total: 0, slots: slots([0, 0, 0, count, 0, 0, 0, 0]) });
    expect(at(3)).toBeLessThan(1.5);
    expect(at(100)).toBeGreaterThan(50);
  });
  test('arrivals of an earlier rate are forgotten after a few minutes', () => {
    const quiet = Array.from({ length: 16 }, () => 1);
    expect(dispersion({ total: 0, slots: slots([90, 0, 80, 0, ...quiet]) })).toBe(1);
  });
  test('the tasks that arrived within a time are counted to a fraction of a tick', () => {
    expect(arrivedWithin(slots([8, 4, 2]), 30)).toBe(6);
    expect(arrivedWithin(slots([8, 4, 2]), 22.5)).toBe(4);
    // Before the first sample nothing arrived, as far as known. Beyond ten minutes the rate stands for the rest.
    expect(arrivedWithin(slots([8, 4, 2]), 3_600)).toBe(14);
    expect(arrivedWithin(slots(Array.from({ length: 40 }, () => 2)), 6_000)).toBe(800);
  });
});

describe('trends over the last quarter of an hour', () => {
  const growing = (perMinute: number) =>
    Array.from({ length: 15 }, (_, index) =>
      bucket({
        minute: minute + index,
        completed: 10,
        contextBytes: 10 * (1000 + perMinute * index),
        durationMs: 10_000,
      }),
    );

  test('the trend of steadily growing contexts is their slope, relative to their mean', () => {
    const { context, work } = trendsOf(growing(50));
    expect(context?.perMinute).toBeCloseTo(50 / (1000 + 7 * 50), 10);
    expect(isSignificant(context)).toBe(true);
    expect(work?.perMinute).toBe(0);
    expect(isSignificant(work)).toBe(false);
  });
  test('a few minutes give no trend', () => {
    expect(trendsOf(growing(50).slice(0, 4))).toEqual({});
  });
});

describe('the forecast of a pool', () => {
  const config = pool({ tickSeconds: 15 });

  /** Forecasts a pool at ticks of 15 s. At each it has another of the `counts` of tasks, and it completes none. */
  function watch(counts: readonly number[]): {
    readonly forecasted: Forecast;
    readonly state: ForecastState | undefined;
  } {
    let state: ForecastState | undefined;
    let forecasted: Forecast | undefined;
    for (const [index, visible] of counts.entries()) {
      const seen = { ...observation(0, { queue: { visible } }), atMs: NOW_MS + index * 15_000 };
      ({ forecast: forecasted, next: state } = forecast(seen, state, config));
    }
    return { forecasted: forecasted as Forecast, state };
  }

  test('the forecast of a steadily growing queue is its growth', () => {
    const { forecasted } = watch(Array.from({ length: 30 }, (_, index) => 6 * index));
    expect(forecasted.arrivalsPerSecond).toBeCloseTo(0.4, 10);
    expect(forecasted.naivePerSecond).toBeCloseTo(0.4, 10);
    expect(forecasted.dispersion).toBe(1);
  });
  test('a forecast stands while a sample is incomplete, and the next sample counts what arrived meanwhile', () => {
    const { forecasted, state } = watch([0, 6, 12, 18, 24]);
    const blind = { ...observation(0), atMs: NOW_MS + 75_000, queue: unknown('throttled') };
    const kept = forecast(blind, state, config);
    expect(kept.forecast.arrivalsPerSecond).toBe(forecasted.arrivalsPerSecond);
    expect(kept.next).toBe(state);
    const seen = { ...observation(0, { queue: { visible: 36 } }), atMs: NOW_MS + 90_000 };
    expect(forecast(seen, kept.next, config).forecast.arrivalsPerSecond).toBeCloseTo(0.4, 10);
  });
  test('a forecast learns that jumps do not last where they never do', () => {
    const bursts = Array.from({ length: 400 }, (_, index) => 80 * Math.floor(index / 20));
    expect(watch(bursts).forecasted.persistence).toBeLessThan(0.35);
  });
  test('the forecaster state does not grow', () => {
    const size = (ticks: number) =>
      JSON.stringify(watch(Array.from({ length: ticks }, (_, index) => index)).state).length;
    expect(size(1_000)).toBeLessThan(1.1 * size(200));
    expect(size(1_000)).toBeLessThan(6_000);
  });
  describe('on a morning that rises like the mornings before', () => {
    /** Arrivals per second after a number of ticks: the naive forecast is always behind. */
    const rateAt = (tick: number) => 0.005 * tick;
    const TICKS = 400;

    function rise(seasonAt: (tick: number) => Season): number {
      let state: ForecastState | undefined;
      let visible = 0;
      let forecasted: Forecast | undefined;
      for (let tick = 0; tick < TICKS; tick++) {
        visible += Math.round(15 * rateAt(tick));
        const atMs = NOW_MS + tick * 15_000;
        const seen = { ...observation(0, { queue: { visible } }), atMs, season: known(seasonAt(tick), atMs) };
        ({ forecast: forecasted, next: state } = forecast(seen, state, config));
      }
      return Math.abs((forecasted as Forecast).arrivalsPerSecond - rateAt(TICKS));
    }

    test('a season that proves right improves the forecast', () => {
      expect(rise((tick) => ({ day: rateAt(tick) }))).toBeLessThan(rise(() => ({})) / 2);
    });
    test('a season that proves wrong does not change the forecast', () => {
      expect(rise((tick) => ({ day: 3 * rateAt(tick) + 1 }))).toBeCloseTo(
        rise(() => ({})),
        10,
      );
    });
  });
});
