import * as z from 'zod';
import type { RunningTasks } from '../../observation.ts';
import type { PoolConfig } from '../../pool/config.ts';
import type { Signal, Step } from '../signal.ts';

/** docs/decisions/0006-predictive-policy.md compares this mean with a faster one. */
const MEMORY_TASKS = 240;
/** Keeps rates finite: a task without a duration would be no load at all. */
const LEAST_DURATION_SECONDS = 0.001;

const shape = z.object({ tasks: z.number(), seconds: z.number() });
export type TaskDuration = z.infer<typeof shape>;

/**
 * How long agents work on a task, over all its attempts: a decayed mean over about {@link MEMORY_TASKS} tasks that
 * ended. It starts fast, because early on it covers only the few tasks there are. Tasks that ended across a gap count
 * like any other.
 */
export const taskDuration: Signal<TaskDuration> = {
  shape,
  initial: { tasks: 0, seconds: 0 },
  learn,
  gap: learn,
};

function learn(before: TaskDuration, { passed: { ended, busySeconds } }: Step): TaskDuration {
  const kept = Math.exp(-ended / MEMORY_TASKS);
  return { tasks: before.tasks * kept + ended, seconds: before.seconds * kept + busySeconds };
}

/** A task in progress contradicts the mean once it has run for this many times as long: 0.03 % do by chance (e⁻⁸). */
const CONTRADICTS = 8;
/** The share of the tasks in progress that must contradict it; a few long ones among short ones are no change. */
const CONTRADICTING_SHARE = 0.25;

/**
 * Mean task duration in seconds.
 *
 * Tasks that ended are a biased sample: after a change from short tasks to long ones, none of the long ones has ended
 * yet. So once many of those in progress contradict the mean, it's their mean age, which their duration exceeds. Before
 * the first task has ended, their age is all that's known; a duration equal to the allowed queue wait is assumed.
 */
export function meanDuration(
  { tasks, seconds }: TaskDuration,
  running: RunningTasks | undefined,
  { objective }: PoolConfig,
): number {
  const inProgress = sum(running?.byAge ?? []);
  const meanAge = running === undefined || inProgress === 0 ? 0 : running.seconds / inProgress;
  if (tasks === 0) return Math.max(objective.withinSeconds, meanAge);
  const ofEnded = Math.max(LEAST_DURATION_SECONDS, seconds / tasks);
  const oldest = Math.max(0, Math.ceil(Math.log2(CONTRADICTS * ofEnded)));
  const contradicting = sum(running?.byAge.slice(oldest) ?? []);
  const isContradicted = contradicting > 0 && contradicting >= CONTRADICTING_SHARE * inProgress;
  return isContradicted ? Math.max(ofEnded, meanAge) : ofEnded;
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
