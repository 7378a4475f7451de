import { createHash } from 'node:crypto';
import { ID_BYTES } from '../shared/core/pool/id.ts';
import type { NewTask, TaskClient } from '../shared/tasks/client.ts';

/** The pools that a pool delegates to, by name. Undefined: none of them has this name. */
export type Delegates = (pool: string) => Pick<TaskClient, 'sendTask'> | undefined;

/**
 * Sends tasks to other pools, for one attempt at a task. Without an ID of its own, a task is named after the pool and the
 * task that send it, and its place in the order of sending. So a handler that's called again sends the same tasks, each once.
 */
export function delegating(
  delegates: Delegates,
  from: { readonly pool: string; readonly taskId: string },
): (pool: string, task: NewTask) => Promise<string> {
  let count = 0;
  return async (pool, task) => {
    const client = delegates(pool);
    if (client === undefined)
      throw new Error(
        `pool "${from.pool}" can't send to pool "${pool}": add it to delegatesTo in the configuration of "${from.pool}"`,
      );
    count += 1;
    return client.sendTask({
      ...task,
      id: task.id ?? derivedId(`${from.pool}/${from.taskId}/${pool}-${count}`),
    });
  };
}

/** An ID that would be too long keeps its beginning, and a hash of all of it. */
function derivedId(id: string): string {
  if (Buffer.byteLength(id) <= ID_BYTES) return id;
  const hash = createHash('sha256').update(id).digest('base64url');
  const start = Buffer.from(id)
    .subarray(0, ID_BYTES - hash.length - 4)
    .toString()
    .replace(/\uFFFD+$/, '');
  return `${start}-${hash}`;
}
