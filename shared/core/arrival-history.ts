import type { ForecastState, UnsavedMinute } from './forecast/state.ts';
import type { Observation } from './observation.ts';
import type { HistoryMinute } from './pool/history.ts';
import type { Memory } from './pool/state.ts';

/** Minutes are written ten at a time, and three after they ended, when nothing is added to them any more. */
const WRITTEN_AT_ONCE = 10;
const CLOSED_AFTER_MINUTES = 3;
/** What could not be written for so long is given up. */
const UNSAVED_AT_MOST = 60;

/** Adds arrivals to the minute they were counted in. */
export function countArrivals(
  unsaved: readonly UnsavedMinute[],
  atMs: number,
  arrivals: number,
): readonly UnsavedMinute[] {
  const minute = Math.floor(atMs / 60_000);
  const latest = unsaved.at(-1);
  if (latest?.minute === minute)
    return [...unsaved.slice(0, -1), { minute, arrivals: latest.arrivals + arrivals }];
  return [...unsaved, { minute, arrivals }].slice(-UNSAVED_AT_MOST);
}

/** The minutes that are to be written now, with what was completed in them. */
export function dueMinutes({ forecast }: Memory, { atMs, agents }: Observation): readonly HistoryMinute[] {
  if (forecast === undefined || agents.kind === 'unknown') return [];
  const closedBefore = Math.floor(atMs / 60_000) - CLOSED_AFTER_MINUTES;
  const closed = forecast.unsaved.filter(({ minute }) => minute < closedBefore);
  if (closed.length < WRITTEN_AT_ONCE) return [];
  return closed.map(({ minute, arrivals }) => {
    const done = agents.value.minutes.find((bucket) => bucket.minute === minute);
    return {
      minute,
      arrivals: Math.max(0, arrivals),
      completed: done?.completed ?? 0,
      durationMs: done?.durationMs ?? 0,
    };
  });
}

/** The memory without the minutes that have been written. */
export function withoutSaved(memory: Memory, saved: readonly HistoryMinute[]): Memory {
  const last = saved.at(-1);
  if (memory.forecast === undefined || last === undefined) return memory;
  const unsaved = memory.forecast.unsaved.filter(({ minute }) => minute > last.minute);
  const forecast: ForecastState = { ...memory.forecast, unsaved };
  return { ...memory, forecast };
}
