import { type ErrorBudget, overdraft } from './signals/error-budget.ts';

const BURST_MARGIN = 2.5;
const BUDGET_MARGIN = 0.7;
const LEAST_MARGIN = -2;
const MOST_MARGIN = 8;
/** The pressure of the budget while hardly any of it is used. */
const LEAST_PRESSURE = -1.5;

/**
 * How much more than the mean the pool keeps, as one number: 0 on smooth traffic that just holds its objective, more on
 * traffic that comes in bursts or while the objective is missed, less while it is exceeded. The factor of the staffing
 * and the time for which capacity is held follow it. The constants are those of docs/decisions/0006.
 *
 * It has three parts, each slower than the one before: how bursty the traffic is (known after a few bursts), how much
 * of the error budget the last thousands of tasks have used, and a correction that drifts until the objective is met.
 */
export function staffingMarginOf(burstiness: number, budget: ErrorBudget, allowed: number): number {
  return clamp(
    BURST_MARGIN * Math.log2(1 + burstiness) +
      BUDGET_MARGIN * clamp(overdraft(budget, allowed), LEAST_PRESSURE, mostPressure(burstiness)) +
      budget.correction,
    LEAST_MARGIN,
    MOST_MARGIN,
  );
}

/**
 * Overdrawn, it presses only as far as the traffic is bursty: what a burst has cost is paid back by the next one. In
 * calm traffic it is paid back slowly, by the correction, for haste there costs most and helps least.
 */
function mostPressure(burstiness: number): number {
  return 0.7 * Math.min(1, burstiness / 0.2);
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
