import type { Point } from '../../source.ts';

/** CloudWatch's periods are a minute long, and come a minute late. */
const RECENT_MS = 300_000;

/** The latest value, unless it's of the past: then nothing is known of now. */
export function recent(points: readonly Point[]): number | undefined {
  const [seconds = 0, value] = points.at(-1) ?? [];
  return Date.now() - 1000 * seconds < RECENT_MS ? value : undefined;
}
