import type { PoolConfig } from '../../shared/core/pool/config.ts';
import type { PoolAlarm } from './pool-alarm.ts';
import { type Metered, poolMetric } from './pool-metric.ts';

type Burn = {
  /** How many times faster than allowed the error budget is used. */
  readonly rate: number;
  /**
   * The most that the alarm waits for, as a share of the way from "as many tasks are late as allowed" (0) to "all tasks
   * are late" (1).
   */
  readonly mostOfTheWay: number;
};

/**
 * The burn rates of Google's SRE Workbook ("Alerting on SLOs"): at 14.4, a fiftieth of a month's error budget is gone
 * within an hour; at 6, a twentieth within six hours.
 *
 * They are meant for an objective of 99.9 %, which allows rates up to 1,000. A pool's objective may be 95 % or 80 %;
 * if all tasks are late, the rate is 20 or 5, so 14.4 would mean 72 % of all tasks, or could never be reached. So the
 * threshold is never beyond a fixed part of the way to "all tasks are late":
 *
 * | objective | fast burn: late tasks | slow burn: late tasks |
 * | :-------- | --------------------: | --------------------: |
 * | 99.9 %    |                1.44 % |                 0.6 % |
 * | 99 %      |                14.4 % |                   6 % |
 * | 95 %      |                52.5 % |               28.75 % |
 * | 80 %      |                  60 % |                  40 % |
 */
const FAST: Burn = { rate: 14.4, mostOfTheWay: 1 / 2 };
const SLOW: Burn = { rate: 6, mostOfTheWay: 1 / 4 };

type Objective = PoolConfig['objective'];

/** The share of tasks on time, in percent, below which the error budget burns fast, and slowly. */
export function burnLimits({ percent }: Objective): { readonly fast: number; readonly slow: number } {
  const allowed = 1 - percent / 100;
  const limit = ({ rate, mostOfTheWay }: Burn) => {
    const late = Math.min(rate * allowed, allowed + mostOfTheWay * (1 - allowed));
    return Number((100 * (1 - late)).toFixed(3));
  };
  return { fast: limit(FAST), slow: limit(SLOW) };
}

/**
 * Alarms on the burn rate. The workbook pairs a long window, so that chance doesn't alarm, with a short one, so that
 * the alarm ends when the problem does. CloudWatch could do that only with two alarms and a composite one for each
 * rate, at seven times the price. Several short windows in a row serve both ends: chance, a burst or a cold start don't
 * fill them all, and the alarm ends with the first good one. They also make a minimum number of tasks unnecessary.
 *
 * A queue wait is emitted once, when its task starts. The share is a percentile rank of the waits, so a log line that
 * CloudWatch counts twice can't falsify it, and it needs no metric of its own. Without tasks there is no data, which is
 * OK; TasksOverdue watches for tasks that don't start at all.
 */
export function burnAlarms(of: Metered, objective: Objective): readonly PoolAlarm[] {
  const { fast, slow } = burnLimits(objective);
  const below = (limit: number) =>
    `less than ${limit} % of tasks started within ${objective.withinSeconds} s`;
  return [
    {
      id: 'ErrorBudgetFastBurn',
      description: `for 15 minutes, ${below(fast)}`,
      metric: onTime(of, objective, 5),
      when: 'below',
      threshold: fast,
      periods: 3,
    },
    {
      id: 'ErrorBudgetSlowBurn',
      description: `for 4 of the last 6 hours, ${below(slow)}`,
      metric: onTime(of, objective, 30),
      when: 'below',
      threshold: slow,
      periods: 8,
      outOf: 12,
    },
  ];
}

/** The share of tasks, in percent, that started within the objective's time. */
export function onTime(of: Metered, { withinSeconds }: Objective, periodMinutes: number) {
  return poolMetric(of, 'TaskQueueTime', {
    statistic: `PR(:${withinSeconds})`,
    periodMinutes,
    label: 'Share of started tasks that started on time',
  });
}
