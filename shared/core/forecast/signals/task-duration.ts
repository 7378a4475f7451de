import * as z from 'zod';
import type { PoolConfig } from '../../pool/config.ts';
import type { Signal, Step } from '../signal.ts';

const MEMORY_TASKS = 240;
/** A task without any duration is no load. */
const LEAST_DURATION_SECONDS = 0.001;

const shape = z.object({ tasks: z.number(), seconds: z.number() });
export type TaskDuration = z.infer<typeof shape>;

/**
 * How long tasks take: a decayed mean over about {@link MEMORY_TASKS} tasks, over few when they are few, so that it
 * starts fast. The tasks seen after a gap are as good as any.
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

/** Seconds. Until a task has been seen to complete, it is taken to last for as long as one may wait. */
export function meanDuration({ tasks, seconds }: TaskDuration, { objective }: PoolConfig): number {
  return tasks > 0 ? Math.max(LEAST_DURATION_SECONDS, seconds / tasks) : objective.withinSeconds;
}
