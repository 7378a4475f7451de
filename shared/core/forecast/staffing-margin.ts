import type { PoolConfig } from '../pool/config.ts';
import type { Passed } from './sample.ts';
import type { ErrorBudget, Surprise } from './state.ts';

/**
 * How much more than the mean the pool keeps, as one number: 0 on smooth traffic that just holds its objective, more
 * on traffic that comes in bursts or while the objective is missed, less while it is exceeded. The staffingMargin factor of
 * the staffing and the time for which capacity is held follow it.
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

const BURST_MARGIN = 2.5;
const BUDGET_MARGIN = 0.7;
const LEAST_MARGIN = -2;
const MOST_MARGIN = 8;

// --- Bursts ----------------------------------------------------------------------------------------------------

const SURPRISE_MEMORY_SECONDS = 86_400;
/** Tasks that are taken for foreseen before any have come, so that one surprise does not make a burst. */
const FORESEEN_TASKS = 10;

export const NO_SURPRISE: Surprise = { squares: 0, tasks: 0, seconds: 0 };

/** Adds a forecast that came due. */
export function surprised(before: Surprise, expected: number, arrived: number, seconds: number): Surprise {
  return {
    squares: before.squares + Math.max(0, arrived - expected) ** 2,
    tasks: before.tasks + Math.max(0, arrived),
    seconds: before.seconds + seconds,
  };
}

export function forgetSurprise({ squares, tasks, seconds }: Surprise, passedSeconds: number): Surprise {
  const kept = Math.exp(-passedSeconds / SURPRISE_MEMORY_SECONDS);
  return { squares: squares * kept, tasks: tasks * kept, seconds: seconds * kept };
}

/**
 * The size of what comes unforeseen within a start-up, in fleets: `Σ (arrived - expected)₊² ÷ Σ arrived`, which is
 * the mean unforeseen batch as the tasks in it see it, divided by the mean number of busy agents. 0.1 on steady
 * traffic (chance alone gives some), 3 when bursts of three times the usual fleet come out of silence.
 */
export function burstiness(
  { squares, tasks, seconds }: Surprise,
  durationSeconds: number,
  leastAgents: number,
): number {
  if (seconds === 0) return 0;
  const batch = squares / (tasks + FORESEEN_TASKS);
  const meanBusy = (tasks / seconds) * durationSeconds;
  return meanBusy === 0 ? 0 : batch / Math.max(meanBusy, leastAgents, 1);
}

// --- The error budget ------------------------------------------------------------------------------------------

/** The share of tasks that the objective allows to be late. */
export function missesAllowed({ objective }: PoolConfig): number {
  return 1 - objective.percent / 100;
}

/** The share of the allowed misses that is aimed at; the rest is for chance. */
const AIM = 0.98;
const BUDGET_MEMORY_TASKS = 3_600;
/** Tasks that are taken for just meeting the objective before any have been seen. */
const BUDGET_PRIOR_TASKS = 800;
/** How far one late task moves the correction at an objective of 95 %; a pool on its aim moves back as much. */
const CORRECTION_PER_LATE_TASK = 0.001;
const CORRECTION_PER_TICK_AT_MOST = 1;
/** What hours at the maximum have cost is not paid back at any price. */
const CORRECTION_RANGE = [-3, 4] as const;
/** The pressure of the budget while hardly any of it is used. */
const LEAST_PRESSURE = -1.5;

/**
 * Overdrawn, it presses only as far as the traffic is bursty: what a burst has cost is paid back by the next one. In
 * calm traffic it is paid back slowly, by the correction, for haste there costs most and helps least.
 */
function mostPressure(burstiness: number): number {
  return 0.7 * Math.min(1, burstiness / 0.2);
}

export const FRESH_BUDGET: ErrorBudget = { late: 0, completed: 0, correction: 0 };

export function spend(before: ErrorBudget, passed: Passed, allowed: number): ErrorBudget {
  const { late, completed } = passed;
  const kept = Math.exp(-completed / BUDGET_MEMORY_TASKS);
  const step = CORRECTION_PER_LATE_TASK * (0.05 / allowed) * (late - AIM * allowed * completed);
  return {
    late: before.late * kept + late,
    completed: before.completed * kept + completed,
    correction: clamp(before.correction + Math.min(CORRECTION_PER_TICK_AT_MOST, step), ...CORRECTION_RANGE),
  };
}

/** log₂ of the share of the budget that is used: 0 on the aim, 1 when twice as many tasks are late. */
function overdraft({ late, completed }: ErrorBudget, allowed: number): number {
  const aim = AIM * allowed;
  const used = (late + aim * BUDGET_PRIOR_TASKS) / (aim * (completed + BUDGET_PRIOR_TASKS));
  return Math.log2(used);
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
