import type { Task } from './model.ts';

/** Places tasks, except those for which there's no capacity: they stay PENDING. */
export function createPlacement(run: (task: Task) => void) {
  const withoutCapacity = new Map<string, number>();
  const unplaced = new Set<Task>();
  const unplacedOf = (service: string) =>
    [...unplaced].filter((task) => task.service.name === service && task.lastStatus === 'PENDING');

  return {
    place(task: Task): void {
      const { name } = task.service;
      if (unplacedOf(name).length < (withoutCapacity.get(name) ?? 0)) unplaced.add(task);
      else run(task);
    },
    /** From now on, `count` tasks of the service are never placed. 0 places them all. */
    withhold(service: string, count: number): void {
      withoutCapacity.set(service, count);
      for (const task of unplacedOf(service).slice(count)) {
        unplaced.delete(task);
        run(task);
      }
    },
  };
}
