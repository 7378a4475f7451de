import type { PoolConfig } from '../pool/config.ts';
import type { Recommendation } from '../pool/state.ts';
import { type Guard, limit } from './guard.ts';

/** Shrinks only to the largest count wanted within the window, so that a short lull doesn't scale anything in. */
export const stabilization: Guard = ({ memory: { recommendations }, observation: { atMs } }) => {
  const highest = Math.max(0, ...recommendations.map((recommendation) => recommendation.desired));
  const latest = recommendations.findLast((recommendation) => recommendation.desired === highest);
  const seconds = Math.round((atMs - (latest?.atMs ?? atMs)) / 1000);
  return limit(highest, {
    code: 'Stabilizing',
    text: `${highest} wanted ${seconds} s ago; held for now`,
    until: `fewer than ${highest} have been wanted for the hold time`,
  });
};

/** The longest window, which keeps the pool's memory small. */
const LONGEST_HOLD_SECONDS = 7_200;

/** The stabilization window of this tick: the pool's own, or the one its policies request. */
export function windowSeconds(config: PoolConfig, holdSeconds: number): number {
  const { scaleInStabilizationSeconds: own } = config;
  return own === 'auto' ? Math.min(LONGEST_HOLD_SECONDS, holdSeconds) : own;
}

/** Keeps what the window may still need: a later, larger count makes earlier, smaller ones irrelevant. */
export function remember(
  earlier: readonly Recommendation[],
  latest: Recommendation,
  seconds: number,
): readonly Recommendation[] {
  const sinceMs = latest.atMs - seconds * 1000;
  return [...earlier.filter(({ atMs, desired }) => atMs >= sinceMs && desired > latest.desired), latest];
}
