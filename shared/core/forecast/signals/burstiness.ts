import * as z from 'zod';
import type { Signal } from '../signal.ts';
import { naiveRate } from './arrivals.ts';
import { MEMORY_TASKS } from './error-budget.ts';

const shape = z.object({ arrivals: z.number(), squares: z.number() });
export type Burstiness = z.infer<typeof shape>;

/** Recent arrivals, and by how much each tick had more or fewer than the mean of its last 10 minutes, squared. */
export const burstiness: Signal<Burstiness> = {
  shape,
  initial: { arrivals: 0, squares: 0 },
  learn: ({ arrivals, squares }, { passed, slots }) => {
    const arrived = Math.max(0, passed.arrivals);
    const kept = Math.exp(-arrived / MEMORY_TASKS);
    const mean = passed.seconds * naiveRate({ slots });
    return { arrivals: arrivals * kept + arrived, squares: squares * kept + (arrived - mean) ** 2 };
  },
  gap: (state) => state,
};

/** Tasks assumed to have come one by one at first. */
const POISSON_TASKS = 10;

/**
 * How many tasks come together: variance ÷ mean of the arrivals in a tick, over the memory. Never less than 1, as for
 * tasks that come one by one. As evidence, `n` tasks are worth `n` ÷ this many independent ones.
 */
export function tasksPerBurst({ arrivals, squares }: Burstiness): number {
  return Math.max(1, (squares + POISSON_TASKS) / (arrivals + POISSON_TASKS));
}
