import type { Task } from './model.ts';

export function isProtected(task: Task, nowMs: number): boolean {
  return task.protectedUntilMs !== undefined && task.protectedUntilMs > nowMs;
}

/** Unprotected tasks in the order in which ECS stops them: fullest zone first, then oldest first. */
export function unprotectedTasks(tasks: readonly Task[]): readonly Task[] {
  const nowMs = Date.now();
  const left = tasks
    .filter((task) => !isProtected(task, nowMs))
    .toSorted((a, b) => a.createdAtMs - b.createdAtMs);
  const remaining = [...tasks];
  const order: Task[] = [];
  while (left.length > 0) {
    const fullness = (task: Task) =>
      remaining.filter((other) => other.availabilityZone === task.availabilityZone).length;
    const [next] = left.toSorted((a, b) => fullness(b) - fullness(a));
    if (!next) break;
    order.push(next);
    left.splice(left.indexOf(next), 1);
    remaining.splice(remaining.indexOf(next), 1);
  }
  return order;
}
