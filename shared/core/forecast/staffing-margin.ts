import type { PoolConfig } from '../pool/config.ts';
import { normalQuantile } from '../queueing.ts';
import { blended, CANDIDATES, type Choice } from './candidates.ts';
import { type ErrorBudget, missesAllowed } from './signals/error-budget.ts';
import type { ShadowFleets } from './signals/shadow-fleets.ts';

/** The share of the allowed misses to aim for; the rest is for chance. */
const AIM = 0.92;
/** The staffing margin that meets a 95 % objective on steady traffic, assumed at the start; this many tasks' evidence. */
const FIRST_MARGIN = 1;
const FIRST_TASKS = 400;
/** Traffic is bursty from this many tasks on that come together; fewer may be chance. */
const BURST_TASKS = 6;
/** A larger first margin for bursts: by this much for each e-fold of the tasks that come together. */
const MARGIN_PER_BURSTINESS = 0.4;
/** On bursty traffic, a new pool holds capacity until it has seen this many bursts. */
const FIRST_BURSTS = 60;
/** How fast the share of late tasks falls with the margin, per standard deviation of the load. */
const LATE_PER_MARGIN = Math.exp(-1.4);
/**
 * Slot-seconds that a late task beyond the error budget may cost: a slot for an hour. A usual price is 1 to 5 minutes.
 * Without a limit, a pool would pay any price while nothing holds its objective, such as after a burst beyond its
 * maximum.
 */
const PRICE_SECONDS = 3_600;
/** Late tasks of a shadow fleet after which its bias is believed, and the bias assumed until then. */
const BIAS_TASKS = 100;
const FIRST_BIAS = 0.9;
/** How far the error budget's use so far moves the aim: by its square root, to between 60 % and 170 %. */
const REPAY = 0.5;
const REPAY_AT_MOST = 1.5;

/** What a choice is made from. */
export type Evidence = {
  readonly shadows: ShadowFleets;
  readonly budget: ErrorBudget;
  /** How many tasks come together: 1 when they come one by one. */
  readonly tasksPerBurst: number;
};

/**
 * The cheapest candidate that would have held the objective on recent arrivals. Precisely: the one with the lowest cost,
 * where each late task beyond the error budget costs {@link PRICE_SECONDS}. If the candidate before it misses the aim,
 * the choice lies between the two, where the late share is expected to be on target.
 *
 * Two corrections come from tasks that were really late: shadow fleets have a bias, and what the pool has used of its
 * error budget, more or less than planned, is made up for.
 *
 * A few bursts say little about the next one, however many tasks they have. So on bursts, a pool that hasn't seen
 * {@link FIRST_BURSTS} considers only candidates that hold capacity.
 */
export function cheapest({ shadows, budget, tasksPerBurst }: Evidence, config: PoolConfig): Choice {
  const isBursty = tasksPerBurst >= BURST_TASKS;
  const allowed = AIM * missesAllowed(config);
  const { fleets, bias, tasks } = shadows;
  const correction = (bias.late + FIRST_BIAS * BIAS_TASKS) / (bias.shadow + BIAS_TASKS);
  const used = (budget.late + allowed * FIRST_TASKS) / (allowed * (budget.started + FIRST_TASKS));
  const target =
    (allowed * (tasks + FIRST_TASKS)) / clamp(used, 2 ** -REPAY_AT_MOST, 2 ** REPAY_AT_MOST) ** REPAY;
  const firstMargin =
    FIRST_MARGIN +
    (isBursty ? MARGIN_PER_BURSTINESS * Math.log(tasksPerBurst) : 0) +
    normalQuantile(config.objective.percent / 100) -
    normalQuantile(0.95);
  const late = CANDIDATES.map(
    ({ margin }, index) =>
      correction * (fleets[index]?.late ?? 0) +
      FIRST_TASKS * allowed * LATE_PER_MARGIN ** (margin - firstMargin),
  );
  const isNew = isBursty && budget.started < FIRST_BURSTS * tasksPerBurst;
  const costs = late.map((each, index) =>
    isNew && CANDIDATES[index]?.holdSeconds === 0
      ? Infinity
      : (fleets[index]?.slotSeconds ?? 0) + PRICE_SECONDS * Math.max(0, each - target),
  );
  const candidate = costs.indexOf(Math.min(...costs));
  return { candidate, towardsPrevious: towardsPrevious(late, candidate, target) };
}

/** Where between a candidate and the one before it the late tasks are on target, if they are. Late shares fall as powers. */
function towardsPrevious(late: readonly number[], candidate: number, target: number): number {
  const [before, after] = [late[candidate - 1], late[candidate]];
  const holds = (CANDIDATES[candidate]?.holdSeconds ?? 0) > 0;
  if (holds || before === undefined || after === undefined || before <= target || after > target) return 0;
  return Math.log(target / after) / Math.log(before / after);
}

/** The staffing margin of a choice. */
export function marginOf(choice: Choice): number {
  return blended(choice, (index) => CANDIDATES[index]?.margin ?? 0);
}

/** The slots that a choice holds between bursts. */
export function heldSlots(choice: Choice, { fleets }: ShadowFleets): number {
  return blended(choice, (index) => fleets[index]?.held ?? 0);
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
