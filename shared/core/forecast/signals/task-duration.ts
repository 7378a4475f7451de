import * as z from 'zod';
import type { PoolConfig } from '../../pool/config.ts';
import type { Signal, Step } from '../signal.ts';

/** docs/decisions/0006-predictive-policy.md compares this mean with a faster one. */
const MEMORY_TASKS = 240;
/** Keeps rates finite: a task without a duration would be no load at all. */
const LEAST_DURATION_SECONDS = 0.001;

const shape = z.object({ tasks: z.number(), seconds: z.number() });
export type TaskDuration = z.infer<typeof shape>;

/**
 * How long tasks take: a decayed mean over about {@link MEMORY_TASKS} tasks. It starts fast, because early on it covers
 * only the few tasks there are. Tasks completed across a gap count like any other.
 */
export const taskDuration: Signal<TaskDuration> = {
  shape,
  initial: { tasks: 0, seconds: 0 },
  learn,
  gap: learn,
};

function learn(before: TaskDuration, { passed: { completed, durationSeconds } }: Step): TaskDuration {
  const kept = Math.exp(-completed / MEMORY_TASKS);
  return { tasks: before.tasks * kept + completed, seconds: before.seconds * kept + durationSeconds };
}

/** Mean task duration in seconds. Before the first completion, it's assumed equal to the allowed queue wait. */
export function meanDuration({ tasks, seconds }: TaskDuration, { objective }: PoolConfig): number {
  return tasks > 0 ? Math.max(LEAST_DURATION_SECONDS, seconds / tasks) : objective.withinSeconds;
}
