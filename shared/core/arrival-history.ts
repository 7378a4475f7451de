import type { UnsavedMinutes } from './forecast/signals/unsaved-minutes.ts';
import type { Observation } from './observation.ts';
import type { HistoryMinute } from './pool/history.ts';
import type { Memory } from './pool/state.ts';

/** Minutes are written in batches of ten, each three minutes after it ended, when its counts no longer change. */
const WRITTEN_AT_ONCE = 10;
const CLOSED_AFTER_MINUTES = 3;

/** The minutes to write now, with the tasks completed in them. */
export function dueMinutes({ forecast }: Memory, { atMs, agents }: Observation): readonly HistoryMinute[] {
  if (forecast === undefined || agents.kind === 'unknown') return [];
  const closedBefore = Math.floor(atMs / 60_000) - CLOSED_AFTER_MINUTES;
  const closed = forecast.known.unsavedMinutes.filter(({ minute }) => minute < closedBefore);
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
  const { known } = memory.forecast;
  const unsavedMinutes: UnsavedMinutes = known.unsavedMinutes.filter(({ minute }) => minute > last.minute);
  return { ...memory, forecast: { ...memory.forecast, known: { ...known, unsavedMinutes } } };
}
