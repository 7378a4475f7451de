import type { Peer, View } from '../backtest/scaler.ts';

const SIGNAL_SECONDS = 2;
const POLL_SECONDS = 60;
const RATE_SECONDS = 30;
const QUIET_SECONDS = 90;
const MATERIAL_BACKLOG = 50;
const CATCH_UP_PER_SECOND = 2;
const OUT_AT_MOST = 4;
const BETA = 0.5;
const ALPHA = 0.45;

/**
 * Temporal's worker controller with its rate-based algorithm, which scales ECS services and other worker sets
 * (github.com/temporalio/temporal-auto-scaled-workers, `docs/simulators/workerset-ewma/SPEC.md`), at its defaults. A
 * task that finds no worker adds one, every 2 s at most. A poll each minute staffs for the smoothed arrival rate, plus
 * two tasks a second while there is a backlog: the larger of a utilization target and a square-root rule, up by at most
 * 4 and down by 1, the latter only 90 s after the last task that found no worker. What a worker can do is learned
 * whenever the fleet is saturated; it begins at the truth. The setting is the utilization target, 0.8 by default. Above
 * 1, the square-root rule decides alone.
 */
export const temporal: Peer = {
  name: 'temporal',
  tickSeconds: SIGNAL_SECONDS,
  settings: { from: 0.5, to: 1, least: 0.1, most: 1.25 },
  begin: (utilization, { trace, concurrency }) => {
    const rates = rollingRates();
    let capacity =
      (concurrency * trace.length) / trace.reduce((sum, { durationSeconds }) => sum + durationSeconds, 0);
    let arrivals: number | undefined;
    let unmatched = 0;
    let unmatchedAt = -Infinity;
    let polledAt = -Infinity;

    const learn = (startsPerSecond: number, workers: number) => {
      if (startsPerSecond > 0) capacity = smooth(capacity, startsPerSecond / workers);
    };
    const staff = (backlog: number) => {
      const load = ((arrivals ?? 0) + (backlog > 0 ? CATCH_UP_PER_SECOND : 0)) / capacity;
      return Math.ceil(Math.max(load / utilization, load + BETA * Math.sqrt(load)));
    };
    return (view) => {
      const { nowSeconds, visible, desired } = view;
      const rate = rates(view);
      const isUnmatched = view.unmatched > unmatched;
      unmatched = view.unmatched;
      let workers = desired;
      if (isUnmatched) {
        unmatchedAt = nowSeconds;
        workers += 1;
        learn(rate.starts, workers);
      }
      if (nowSeconds - polledAt < POLL_SECONDS) return workers;
      polledAt = nowSeconds;
      const isIdle = visible === 0 && rate.arrivals === 0 && rate.starts === 0;
      arrivals = isIdle ? 0 : smooth(arrivals ?? rate.arrivals, rate.arrivals);
      if (visible >= MATERIAL_BACKLOG) learn(rate.starts, workers);
      const wanted = staff(visible);
      if (wanted > workers) return isUnmatched ? workers : Math.min(wanted, workers + OUT_AT_MOST);
      return wanted < workers && nowSeconds - unmatchedAt >= QUIET_SECONDS ? workers - 1 : workers;
    };
  },
};

function smooth(before: number, sample: number): number {
  return ALPHA * sample + (1 - ALPHA) * before;
}

/** Arrivals and starts per second, over a rolling window. */
function rollingRates() {
  const seen: View[] = [];
  return (view: View) => {
    seen.push(view);
    while ((seen[0] as View).nowSeconds < view.nowSeconds - RATE_SECONDS) seen.shift();
    const [oldest] = seen as [View];
    const seconds = Math.max(SIGNAL_SECONDS, view.nowSeconds - oldest.nowSeconds);
    return {
      arrivals: (view.arrived - oldest.arrived) / seconds,
      starts: (view.started - oldest.started) / seconds,
    };
  };
}
