import type { Season } from '../observation.ts';
import type { HistoryDay } from '../pool/history.ts';

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
