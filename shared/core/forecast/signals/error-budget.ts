import * as z from 'zod';
import type { PoolConfig } from '../../pool/config.ts';
import type { Signal } from '../signal.ts';

/** The share of tasks that may be late under the objective. */
export function missesAllowed({ objective }: PoolConfig): number {
  return 1 - objective.percent / 100;
}

/** Recent evidence of lateness, real or in a shadow fleet, covers about this many tasks: some days of most pools. */
export const MEMORY_TASKS = 30_000;

/** Recent tasks that started, and how many of them late. */
const shape = z.object({ late: z.number(), started: z.number() });
export type ErrorBudget = z.infer<typeof shape>;

/** How much of the error budget is used. Tasks late while no scaler ran say nothing about the margin. */
export const errorBudget: Signal<ErrorBudget> = {
  shape,
  initial: { late: 0, started: 0 },
  learn: (before, { passed: { late, started } }) => {
    const kept = Math.exp(-started / MEMORY_TASKS);
    return { late: before.late * kept + late, started: before.started * kept + started };
  },
  gap: (state) => state,
};

/** Share of recent tasks that started in time; undefined before the first. */
export function attained({ late, started }: ErrorBudget): number | undefined {
  return started > 0 ? 1 - late / started : undefined;
}
