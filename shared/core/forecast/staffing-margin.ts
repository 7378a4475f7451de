import { type ErrorBudget, overdraft } from './signals/error-budget.ts';

/** Constants found by search on recorded and generated traces: docs/decisions/0006-predictive-policy.md. */
const BURST_MARGIN = 2.5;
const BUDGET_MARGIN = 0.7;
const LEAST_MARGIN = -2;
const MOST_MARGIN = 8;
/** The pressure of the error budget while hardly any of it is used. */
const LEAST_PRESSURE = -1.5;

/**
 * How much capacity the pool keeps beyond the mean load, as one number: 0 on smooth traffic that just meets its
 * objective, more on bursty traffic or while the objective is missed, less while it's exceeded. The staffing factor and
 * the hold time of capacity follow from it.
 *
 * It has three parts, each slower than the one before: how bursty the traffic is (known after a few bursts), how much
 * of the error budget the last few thousand tasks have used, and a correction that drifts until the objective is met.
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
 * An overdrawn error budget presses only as far as the traffic is bursty, since the extra capacity helps with the next
 * burst. In calm traffic the slow correction makes up for it, because haste there costs most and helps least.
 */
function mostPressure(burstiness: number): number {
  return 0.7 * Math.min(1, burstiness / 0.2);
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
