import type { Arrival } from '../../shared/tasks/trace.ts';
import type { Peer } from '../backtest/scaler.ts';
import { TARGETS } from '../backtest/tune.ts';

/**
 * Knows all arrivals: the largest concurrency of an unlimited fleet within the start-up, a tick and the wait allowed
 * from now on. The setting is the slack that it is multiplied by.
 */
export const oracle: Peer = {
  name: 'oracle',
  isBound: true,
  settings: { ...TARGETS, to: 1.5 },
  begin: (slack, { trace, model: { config, startupSeconds } }) => {
    const concurrency = concurrencyBySecond(trace);
    const ahead = startupSeconds + config.tickSeconds + config.objective.withinSeconds;
    return ({ nowSeconds }) => {
      let most = 0;
      for (let second = Math.floor(nowSeconds); second <= nowSeconds + ahead; second++) {
        most = Math.max(most, concurrency[second] ?? 0);
      }
      return Math.ceil((most * slack) / config.concurrency);
    };
  },
};

/** The most tasks at a time in each second, were every task begun when it arrives. */
function concurrencyBySecond(trace: readonly Arrival[]): Int32Array {
  const end = trace.reduce((last, task) => Math.max(last, task.atSeconds + task.durationSeconds), 0);
  const changes = new Int32Array(Math.ceil(end) + 2);
  for (const { atSeconds, durationSeconds } of trace) {
    const from = Math.floor(atSeconds);
    const until = Math.floor(atSeconds + durationSeconds) + 1;
    changes[from] = (changes[from] as number) + 1;
    changes[until] = (changes[until] as number) - 1;
  }
  let tasks = 0;
  return changes.map((by) => {
    tasks += by;
    return tasks;
  });
}
