import * as z from 'zod';
import type { PoolConfig } from '../../pool/config.ts';
import type { Passed } from '../sample.ts';
import type { Signal } from '../signal.ts';

/** The share of tasks that may be late under the objective. */
export function missesAllowed({ objective }: PoolConfig): number {
  return 1 - objective.percent / 100;
}

/**
 * The share of the allowed misses to aim for; the rest is for chance. The search that chose these constants:
 * docs/decisions/0006-predictive-policy.md.
 */
const AIM = 0.98;
const MEMORY_TASKS = 3_600;
/** Tasks assumed to have just met the objective at the start. */
const PRIOR_TASKS = 800;
/** How far one late task moves the correction at a 95 % objective. On target, on-time tasks move it back as far. */
const CORRECTION_PER_LATE_TASK = 0.001;
const CORRECTION_PER_TICK_AT_MOST = 1;
/** Bounds the correction, so that hours at the maximum aren't made up for at any price. */
const CORRECTION_RANGE = [-3, 4] as const;

/** Recent tasks that started, how many of them late, and the correction accumulated from them. */
const shape = z.object({ late: z.number(), started: z.number(), correction: z.number() });
export type ErrorBudget = z.infer<typeof shape>;

/** How much of the error budget is used. Tasks late while no scaler ran say nothing about the margin. */
export const errorBudget: Signal<ErrorBudget> = {
  shape,
  initial: { late: 0, started: 0, correction: 0 },
  learn: (before, { passed, config }) => spend(before, passed, missesAllowed(config)),
  gap: (state) => state,
};

export function spend(
  before: ErrorBudget,
  { late, started }: Pick<Passed, 'late' | 'started'>,
  allowed: number,
): ErrorBudget {
  const kept = Math.exp(-started / MEMORY_TASKS);
  const step = CORRECTION_PER_LATE_TASK * (0.05 / allowed) * (late - AIM * allowed * started);
  const [least, most] = CORRECTION_RANGE;
  return {
    late: before.late * kept + late,
    started: before.started * kept + started,
    correction: Math.min(
      most,
      Math.max(least, before.correction + Math.min(CORRECTION_PER_TICK_AT_MOST, step)),
    ),
  };
}

/** log₂ of the share of the error budget used: 0 on target, 1 when twice as many tasks are late. */
export function overdraft({ late, started }: ErrorBudget, allowed: number): number {
  const aim = AIM * allowed;
  return Math.log2((late + aim * PRIOR_TASKS) / (aim * (started + PRIOR_TASKS)));
}

/** Share of recent tasks that started in time; undefined before the first. */
export function attained({ late, started }: ErrorBudget): number | undefined {
  return started > 0 ? 1 - late / started : undefined;
}
