import * as z from 'zod';
import type { PoolConfig } from '../../pool/config.ts';
import type { Signal } from '../signal.ts';

/** The share of tasks that may be late under the objective. */
export function missesAllowed({ objective }: PoolConfig): number {
  return 1 - objective.percent / 100;
}

/** Recent evidence of lateness, real or in a shadow fleet, covers about this many tasks: some days of most pools. */
export const MEMORY_TASKS = 30_000;

/** Recent late and completed tasks. */
const shape = z.object({ late: z.number(), completed: z.number() });
export type ErrorBudget = z.infer<typeof shape>;

/** How much of the error budget is used. Tasks late while no scaler ran say nothing about the margin. */
export const errorBudget: Signal<ErrorBudget> = {
  shape,
  initial: { late: 0, completed: 0 },
  learn: (before, { passed: { late, completed } }) => {
    const kept = Math.exp(-completed / MEMORY_TASKS);
    return { late: before.late * kept + late, completed: before.completed * kept + completed };
  },
  gap: (state) => state,
};

/** Share of recent tasks that started in time; undefined before the first. */
export function attained({ late, completed }: ErrorBudget): number | undefined {
  return completed > 0 ? 1 - late / completed : undefined;
}
