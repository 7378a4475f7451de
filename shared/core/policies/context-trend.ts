import { isSignificant } from '../forecast/trends.ts';
import { policy } from './policy.ts';

/**
 * Grows ahead of growing contexts. A task reads its whole context, so as contexts grow, so will the task duration and
 * the load. Wants the load expected one start-up plus one task duration from now. Abstains while contexts don't grow by
 * more than chance.
 */
export const contextTrend = policy('context-trend', [], ({ forecast }) => {
  const { trends, arrivalsPerSecond, durationSeconds, startupSeconds } = forecast;
  const { context } = trends;
  if (!isSignificant(context) || context.perMinute <= 0) {
    return { kind: 'abstain', why: 'no significant growth of contexts' };
  }
  const minutes = (startupSeconds + durationSeconds) / 60;
  const growth = Math.min(MOST_GROWTH, 1 + context.perMinute * minutes);
  const load = arrivalsPerSecond * durationSeconds * growth;
  return {
    kind: 'want',
    desired: Math.ceil(load),
    why: `contexts grow ${(100 * context.perMinute).toFixed(1)} % per minute; ${load.toFixed(1)} busy slots expected in ${minutes.toFixed(1)} min`,
  };
});

/** A trend is extrapolated to at most twice the current load. */
const MOST_GROWTH = 2;
