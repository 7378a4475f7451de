import type { Season } from '../observation.ts';
import type { HistoryDay } from '../pool/history.ts';

/** Rates are averaged over this many minutes on either side of a time of day. */
const AROUND_MINUTES = 15;
const DAY_MINUTES = 1440;
const WEEK_MINUTES = 7 * DAY_MINUTES;
/** How far back the pool's history is read. */
export const SEASON_DAYS = 28;

/**
 * Arrivals per second around this time on previous days (at most seven), and on this weekday in previous weeks (at most
 * four). Days with too few recorded minutes around that time are left out.
 */
export function seasonAt(history: readonly HistoryDay[], atMs: number): Season {
  const minute = Math.floor(atMs / 60_000);
  const arrivalsByDay = new Map(history.map((day) => [day.day, day.arrivals]));
  const day = meanRate(arrivalsByDay, minute, { period: DAY_MINUTES, periods: 7 });
  const week = meanRate(arrivalsByDay, minute, { period: WEEK_MINUTES, periods: 4 });
  return { ...(day !== undefined && { day }), ...(week !== undefined && { week }) };
}

function meanRate(
  arrivalsByDay: ReadonlyMap<number, readonly (number | undefined)[]>,
  minute: number,
  { period, periods }: { readonly period: number; readonly periods: number },
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
