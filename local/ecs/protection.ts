import type { Task } from './model.ts';
import type { Scheduler } from './scheduler.ts';
import { isProtected } from './stop-order.ts';

const DEFAULT_MINUTES = 120;

type ProtectionInput = { readonly enabled: boolean; readonly expiresInMinutes: number | undefined };

export type ProtectionResult =
  | { readonly kind: 'set' }
  | {
      readonly kind: 'refused';
      readonly reason: 'DEPLOYMENT_BLOCKED' | 'TASK_NOT_VALID';
      readonly detail: string;
    };

/** Sets or removes a task's scale-in protection, by ECS's rules. */
export function setProtection(
  scheduler: Scheduler,
  task: Task,
  { enabled, expiresInMinutes = DEFAULT_MINUTES }: ProtectionInput,
): ProtectionResult {
  if (task.desiredStatus === 'STOPPED') {
    return { kind: 'refused', reason: 'TASK_NOT_VALID', detail: 'The task is stopping or stopped.' };
  }
  if (!enabled) {
    scheduler.protect(task, undefined);
    return { kind: 'set' };
  }
  const nowMs = Date.now();
  const others = scheduler
    .tasksOf(task.service)
    .filter((other) => other !== task && isProtected(other, nowMs));
  if (!isProtected(task, nowMs) && others.length >= task.service.desiredCount) {
    const detail = `The service has ${others.length} protected tasks and a desired count of ${task.service.desiredCount}.`;
    return { kind: 'refused', reason: 'DEPLOYMENT_BLOCKED', detail };
  }
  scheduler.protect(task, nowMs + expiresInMinutes * 60_000);
  return { kind: 'set' };
}
