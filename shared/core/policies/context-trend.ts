import { isSignificant } from '../forecast/trends.ts';
import type { Policy } from './policy.ts';

/**
 * Grows ahead of growing contexts: a task reads its whole context, so where contexts grow the work of the tasks to
 * come will, and with it the load. Wants the load of the arrivals with the work as it will be when agents started now
 * have worked for as long as a task takes. Abstains while contexts do not grow by more than chance.
 */
export const contextTrend: Policy = ({ forecast }) => {
  const { trends, arrivalsPerSecond, durationSeconds, startupSeconds } = forecast;
  const { context } = trends;
  if (!isSignificant(context) || context.perMinute <= 0) {
    return { kind: 'abstain', policy: 'context-trend', why: 'contexts do not grow by more than chance' };
  }
  const minutes = (startupSeconds + durationSeconds) / 60;
  const growth = Math.min(MOST_GROWTH, 1 + context.perMinute * minutes);
  const load = arrivalsPerSecond * durationSeconds * growth;
  return {
    kind: 'want',
    policy: 'context-trend',
    desired: Math.ceil(load),
    why: `contexts grow by ${(100 * context.perMinute).toFixed(1)} % a minute: ${load.toFixed(1)} agents busy in ${minutes.toFixed(1)} min`,
  };
};

/** A trend is not drawn further than to twice of what is there. */
const MOST_GROWTH = 2;
