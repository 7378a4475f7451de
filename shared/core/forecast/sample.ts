import type { Observation } from '../observation.ts';
import type { Look, MinuteCount } from './state.ts';

/** What happened between two looks. */
export type Passed = {
  readonly seconds: number;
  /** Can be slightly negative: SQS counts approximately, and one look corrects the one before. */
  readonly arrivals: number;
  readonly completed: number;
  readonly workSeconds: number;
  readonly late: number;
};

/** Completions are written within a heartbeat of a minute's end; older minutes do not change any more. */
const OPEN_MINUTES = 3;

/** A look at the pool, or undefined while a part of it is unknown. */
export function lookAt({ atMs, queue, agents }: Observation): Look | undefined {
  if (queue.kind === 'unknown' || agents.kind === 'unknown') return undefined;
  const since = Math.floor(atMs / 60_000) - OPEN_MINUTES;
  return {
    atMs,
    inSystem: queue.value.visible + queue.value.inFlight + queue.value.delayed,
    minutes: agents.value.minutes
      .filter(({ minute }) => minute > since)
      .map(({ minute, completed, workMs, late }) => ({ minute, completed, workMs, late })),
  };
}

/**
 * What happened between two looks. Arrivals are not counted by anyone, but every task that arrived is still in the
 * system or was completed: `arrivals = Δ in system + completions`.
 */
export function passedBetween(before: Look, now: Look, minutes: readonly MinuteCount[]): Passed {
  const since = Math.floor(before.atMs / 60_000) - OPEN_MINUTES;
  const sum = (counts: readonly MinuteCount[], field: Exclude<keyof MinuteCount, 'minute'>) =>
    counts.reduce((total, count) => (count.minute > since ? total + count[field] : total), 0);
  const change = (field: Exclude<keyof MinuteCount, 'minute'>) =>
    Math.max(0, sum(minutes, field) - sum(before.minutes, field));
  const completed = change('completed');
  return {
    seconds: (now.atMs - before.atMs) / 1000,
    arrivals: now.inSystem - before.inSystem + completed,
    completed,
    workSeconds: change('workMs') / 1000,
    late: change('late'),
  };
}
