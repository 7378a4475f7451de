import type { Season } from '../observation.ts';
import type { HistoryDay } from '../pool/history.ts';
import type { SeasonCheck, SquaredErrors } from './state.ts';

/** Around a time of day this many minutes to both sides are averaged. */
const AROUND_MINUTES = 15;
const DAY_MINUTES = 1440;
const WEEK_MINUTES = 7 * DAY_MINUTES;
/** How far back the pool's history is read. */
export const SEASON_DAYS = 28;

/**
 * Arrivals per second around this time on the days before (at most a week), and on the same weekday of the weeks
 * before (at most four). Days without a complete record of that time are left out.
 */
export function seasonAt(history: readonly HistoryDay[], atMs: number): Season {
  const minute = Math.floor(atMs / 60_000);
  const arrivalsByDay = new Map(history.map((day) => [day.day, day.arrivals]));
  const day = meanRate(arrivalsByDay, minute, DAY_MINUTES, 7);
  const week = meanRate(arrivalsByDay, minute, WEEK_MINUTES, 4);
  return { ...(day !== undefined && { day }), ...(week !== undefined && { week }) };
}

function meanRate(
  arrivalsByDay: ReadonlyMap<number, readonly (number | undefined)[]>,
  minute: number,
  period: number,
  periods: number,
): number | undefined {
  const rates: number[] = [];
  for (let back = 1; back <= periods; back++) {
    const middle = minute - back * period;
    let arrivals = 0;
    let known = 0;
    for (let at = middle - AROUND_MINUTES; at <= middle + AROUND_MINUTES; at++) {
      const count = arrivalsByDay.get(Math.floor(at / DAY_MINUTES))?.[at % DAY_MINUTES];
      if (count === undefined) continue;
      arrivals += count;
      known += 1;
    }
    if (known > AROUND_MINUTES) rates.push(arrivals / known / 60);
  }
  return rates.length === 0 ? undefined : rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
}

/** The weight of the newest check in the mean squared errors: about an hour and a half of checks a minute apart. */
const LEARNING = 0.004;
/** No forecast of a Poisson process is better than its variance; less than this share of it above that is chance. */
const RESOLUTION = 0.15;

/** Scores the naive forecast and the seasons by what came true. */
export function scoreSeason(
  errors: SquaredErrors,
  check: SeasonCheck,
  arrived: number,
  seconds: number,
): SquaredErrors {
  const score = (before: number | undefined, perSecond: number, first: number) => {
    const error = (perSecond * seconds - arrived) ** 2;
    return before === undefined ? first * error : before + LEARNING * (error - before);
  };
  // A season starts with twice its first error: it has to earn its vote.
  const day = check.day === undefined ? errors.day : score(errors.day, check.day, 2);
  const week = check.week === undefined ? errors.week : score(errors.week, check.week, 2);
  return {
    naive: score(errors.naive, check.naive, 1),
    ...(day !== undefined && { day }),
    ...(week !== undefined && { week }),
  };
}

/** A season that has beaten the naive forecast lately, and the weight of its vote. */
type Vote = { readonly perSecond: number; readonly weight: number };

/**
 * The naive rate blended with the seasons, each weighted by the inverse of its mean squared error beyond what chance
 * alone gives. A season that has lately been worse than the naive forecast has no vote until it is better again.
 */
export function blend(naive: number, season: Season, errors: SquaredErrors, checkSeconds: number): number {
  const chance = naive * checkSeconds + 1e-6;
  const weight = (error: number) => 1 / Math.max(error - chance, RESOLUTION * chance);
  const limit = errors.naive;
  if (limit === undefined) return naive;
  const votes: Vote[] = [{ perSecond: naive, weight: weight(limit) }];
  for (const kind of ['day', 'week'] as const) {
    const perSecond = season[kind];
    const error = errors[kind];
    if (perSecond === undefined || error === undefined || error > limit) continue;
    votes.push({ perSecond, weight: weight(error) });
  }
  const total = votes.reduce((sum, vote) => sum + vote.weight, 0);
  return votes.reduce((sum, vote) => sum + vote.weight * vote.perSecond, 0) / total;
}
