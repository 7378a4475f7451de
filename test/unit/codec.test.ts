// Covers: shared/core/forecast/codec.ts, shared/core/forecast/signals.ts
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeState, storable } from '../../shared/core/forecast/codec.ts';
import { forecast } from '../../shared/core/forecast/forecaster.ts';
import type { ForecastState } from '../../shared/core/forecast/signals.ts';
import { bucketOf } from '../../shared/core/pool/minutes.ts';
import { NOW_MS, observation, pool } from './build.ts';
import version1 from './data/forecaster-state-version-1.json' with { type: 'json' };

const seen = (visible: number, atMs: number) => ({ ...observation(0, { queue: { visible } }), atMs });
const state = (): ForecastState => {
  const first = forecast(seen(3, NOW_MS), undefined, pool()).next;
  return forecast(seen(9, NOW_MS + 15_000), first, pool()).next as ForecastState;
};
const withLate = (late: number): ForecastState => {
  const before = state();
  return { ...before, known: { ...before.known, errorBudget: { ...before.known.errorBudget, late } } };
};

describe('a stored forecaster state', () => {
  test('a negligible number is stored as zero, and every other number as it is', () => {
    expect(storable(withLate(1e-131))).toEqual(withLate(0));
    expect(storable(withLate(1e-11))).toEqual(withLate(1e-11));
    expect(storable(withLate(1e17))).toEqual(withLate(Number.MAX_SAFE_INTEGER));
  });

  test('a number that is not finite makes the forecaster start over', () => {
    expect(storable(withLate(Number.NaN))).toBeUndefined();
    expect(storable(withLate(Number.POSITIVE_INFINITY))).toBeUndefined();
  });

  test('a stored forecaster state is read back as it was', () => {
    expect(decodeState(JSON.parse(JSON.stringify(state())))).toEqual(state());
  });

  test.each([
    ['nothing', undefined],
    ['a state of version 1', version1],
    [
      'a state with a signal too few',
      { ...state(), known: { ...state().known, season: undefined, startup: undefined } },
    ],
    ['a state with a signal too many', { ...state(), known: { ...state().known, tide: { height: 1 } } }],
    [
      'a state with a word for a number',
      { ...state(), known: { ...state().known, startup: { seconds: 'soon' } } },
    ],
  ])('a stored forecaster state is discarded: %s', (_what, stored) => {
    expect(decodeState(stored)).toBeUndefined();
  });

  test('months without traffic, with one task or with millions never leave the range of a DynamoDB number', () => {
    const config = pool({ min: 0 });
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            visible: fc.nat(2_000),
            completed: fc.nat(100_000),
            late: fc.nat(3),
            pauseSeconds: fc.constantFrom(15, 60, 250, 3_600),
          }),
          { maxLength: 20 },
        ),
        (busy) => {
          let known: ForecastState | undefined;
          let atMs = NOW_MS;
          const idle = Array.from({ length: 3_000 }, () => ({
            visible: 0,
            completed: 0,
            late: 0,
            pauseSeconds: 299,
          }));
          for (const { visible, completed, late, pauseSeconds } of [...busy, ...idle]) {
            atMs += 1000 * pauseSeconds;
            const minutes = [
              bucketOf(Math.floor(atMs / 60_000), {
                started: completed,
                late,
                completed,
                durationMs: completed * 500,
              }),
            ];
            const read = { ...observation(0, { queue: { visible }, agents: { minutes } }), atMs };
            known = forecast(read, known, config).next;
            if (!numbersOf(known).every(fitsDynamo)) expect.fail(JSON.stringify(known));
          }
        },
      ),
      { numRuns: 5 },
    );
  });
});

function fitsDynamo(number: number): boolean {
  return number === 0 || (Math.abs(number) > 1e-130 && Math.abs(number) < 9.99e125);
}

function numbersOf(value: unknown): readonly number[] {
  if (typeof value === 'number') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(numbersOf) : [];
}

describe('a gap', () => {
  const config = pool({ tickSeconds: 15 });
  const ticksOf = (count: number, from: number) =>
    Array.from({ length: count }, (_, index) => ({ atMs: from + index * 15_000 }));

  test('a gap is no evidence: earlier forecasts are not scored over it, and the earlier rate stands', () => {
    let known: ForecastState | undefined;
    let visible = 0;
    for (const { atMs } of ticksOf(60, NOW_MS)) {
      visible += 6;
      known = forecast(seen(visible, atMs), known, config).next;
    }
    const before = forecast(seen(visible, NOW_MS + 60 * 15_000), known, config);
    // Two hours without a tick, in which traffic grew and thousands of tasks came. Most of them are done.
    const after = forecast(seen(4_000, NOW_MS + 60 * 15_000 + 7_200_000), before.next, config);
    expect(after.forecast.staffingMargin).toBe(before.forecast.staffingMargin);
    expect(after.forecast.arrivalsPerSecond).toBeCloseTo(before.forecast.arrivalsPerSecond, 10);
    expect(after.next?.pending.startup.length).toBeLessThanOrEqual(1);
  });

  test('the minute between ticks of an idle pool is no gap', () => {
    let known: ForecastState | undefined;
    for (let minute = 0; minute < 10; minute++)
      known = forecast(seen(minute, NOW_MS + minute * 60_000), known, config).next;
    expect(known?.known.arrivals.total).toBe(9);
  });
});
