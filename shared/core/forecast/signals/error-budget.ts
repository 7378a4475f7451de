import * as z from 'zod';
import type { PoolConfig } from '../../pool/config.ts';
import type { Passed } from '../sample.ts';
import type { Signal } from '../signal.ts';

/** The share of tasks that the objective allows to be late. */
export function missesAllowed({ objective }: PoolConfig): number {
  return 1 - objective.percent / 100;
}

/** The share of the allowed misses that is aimed at; the rest is for chance. */
const AIM = 0.98;
const MEMORY_TASKS = 3_600;
/** Tasks that are taken for just meeting the objective before any have been seen. */
const PRIOR_TASKS = 800;
/** How far one late task moves the correction at an objective of 95 %; a pool on its aim moves back as much. */
const CORRECTION_PER_LATE_TASK = 0.001;
const CORRECTION_PER_TICK_AT_MOST = 1;
/** What hours at the maximum have cost is not paid back at any price. */
const CORRECTION_RANGE = [-3, 4] as const;

/** Of the tasks completed lately, how many were late; and the correction that has come of it over time. */
const shape = z.object({ late: z.number(), completed: z.number(), correction: z.number() });
export type ErrorBudget = z.infer<typeof shape>;

/** How much of the allowed misses is used. What was late while no scaler ran says nothing about the margin. */
export const errorBudget: Signal<ErrorBudget> = {
  shape,
  initial: { late: 0, completed: 0, correction: 0 },
  learn: (before, { passed, config }) => spend(before, passed, missesAllowed(config)),
  gap: (state) => state,
};

export function spend(
  before: ErrorBudget,
  { late, completed }: Pick<Passed, 'late' | 'completed'>,
  allowed: number,
): ErrorBudget {
  const kept = Math.exp(-completed / MEMORY_TASKS);
  const step = CORRECTION_PER_LATE_TASK * (0.05 / allowed) * (late - AIM * allowed * completed);
  const [least, most] = CORRECTION_RANGE;
  return {
    late: before.late * kept + late,
    completed: before.completed * kept + completed,
    correction: Math.min(
      most,
      Math.max(least, before.correction + Math.min(CORRECTION_PER_TICK_AT_MOST, step)),
    ),
  };
}

/** log₂ of the share of the budget that is used: 0 on the aim, 1 when twice as many tasks are late. */
export function overdraft({ late, completed }: ErrorBudget, allowed: number): number {
  const aim = AIM * allowed;
  return Math.log2((late + aim * PRIOR_TASKS) / (aim * (completed + PRIOR_TASKS)));
}

/** Share of the tasks completed lately that started in time; undefined before there were any. */
export function attained({ late, completed }: ErrorBudget): number | undefined {
  return completed > 0 ? 1 - late / completed : undefined;
}
