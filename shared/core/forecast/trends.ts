import type { MinuteBucket } from '../pool/minutes.ts';

/** How a mean over tasks grows: its relative change per minute, with one standard error. */
export type Trend = { readonly perMinute: number; readonly error: number };

/** Trends over the last 15 minutes. Larger contexts make longer tasks, so their trend predicts the task duration. */
export type Trends = { readonly work?: Trend; readonly context?: Trend };

/** Fewer minutes than this don't make a trend. */
const LEAST_MINUTES = 5;

export function trendsOf(minutes: readonly MinuteBucket[]): Trends {
  const work = trendOf(minutes, 'durationMs');
  const context = trendOf(minutes, 'contextBytes');
  return { ...(work && { work }), ...(context && { context }) };
}

/** Whether a trend is more than chance: more than two standard errors from zero. */
export function isSignificant(trend: Trend | undefined): trend is Trend {
  return trend !== undefined && Math.abs(trend.perMinute) > 2 * trend.error;
}

/**
 * The least-squares slope of the tasks' mean over the minutes, each minute weighted by its tasks, divided by the mean.
 * Undefined when there are too few minutes, or the mean is zero.
 */
function trendOf(minutes: readonly MinuteBucket[], field: 'durationMs' | 'contextBytes'): Trend | undefined {
  const points = minutes.filter(({ completed }) => completed > 0);
  if (points.length < LEAST_MINUTES) return undefined;
  const weight = points.reduce((sum, { completed }) => sum + completed, 0);
  const meanMinute = points.reduce((sum, { minute, completed }) => sum + completed * minute, 0) / weight;
  const mean = points.reduce((sum, point) => sum + point[field], 0) / weight;
  if (mean === 0) return undefined;
  let xx = 0;
  let xy = 0;
  for (const point of points) {
    const x = point.minute - meanMinute;
    xx += point.completed * x * x;
    xy += x * (point[field] - point.completed * mean);
  }
  const slope = xy / xx;
  const residual = points.reduce((sum, point) => {
    const expected = mean + slope * (point.minute - meanMinute);
    return sum + point.completed * (point[field] / point.completed - expected) ** 2;
  }, 0);
  const variance = residual / (points.length - 2) / xx;
  return { perMinute: slope / mean, error: Math.sqrt(variance) / mean };
}
