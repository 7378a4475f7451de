import type { Clock } from '../ports/clock.ts';
import type { PoolStore } from '../ports/pool-store.ts';
import type { CancelResult, TaskStore } from '../ports/task-store.ts';

type Ports = {
  readonly tasks: Pick<TaskStore, 'cancel'>;
  readonly store: Pick<PoolStore, 'cancel'>;
  readonly clock: Pick<Clock, 'now'>;
};

/**
 * Ends a task that hasn't ended. Its message is removed when an agent next receives it. An agent that works on the task
 * sees with its next heartbeat that it's cancelled, and aborts the handler.
 */
export async function cancelTask(
  { tasks, store, clock }: Ports,
  id: string,
  by: string,
): Promise<CancelResult> {
  const result = await tasks.cancel(id, clock.now(), `cancelled by ${by}`);
  if (result.kind === 'cancelled' && result.agentId !== undefined) await store.cancel(result.agentId, id);
  return result;
}
