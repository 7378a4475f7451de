import type { TaskRecord } from '../core/pool/task-record.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import { readValue } from '../tasks/values.ts';

/** A task as shown to people and other programs. Times are epoch milliseconds. */
export type TaskView = {
  readonly pool: string;
  readonly id: string;
  readonly status: TaskRecord['status'];
  readonly contextId?: string;
  readonly attempts: number;
  /** Attempts that ended because their agent had to stop. */
  readonly returned: number;
  readonly sentAtMs: number;
  readonly startedAtMs?: number;
  readonly endedAtMs?: number;
  readonly agentId?: string;
  /** What its handler reported last, while it runs. */
  readonly progress?: unknown;
  readonly result?: unknown;
  /** Why it failed; unless it's done, why its last attempt did or was put off. */
  readonly reason?: string;
};

/** @throws ValueError when its result or progress can't be read. */
export async function viewTask(pool: string, record: TaskRecord, objects: ObjectStore): Promise<TaskView> {
  const { id, status, contextId, attempts, returned, sentAtMs, startedAtMs } = record;
  const reason = reasonOf(record);
  return {
    pool,
    id,
    status,
    ...(contextId !== undefined && { contextId }),
    attempts,
    returned,
    sentAtMs,
    ...(startedAtMs !== undefined && { startedAtMs }),
    ...('endedAtMs' in record && { endedAtMs: record.endedAtMs }),
    ...('agentId' in record && { agentId: record.agentId }),
    ...(record.status === 'running' &&
      record.progress && { progress: await readValue(objects, record.progress) }),
    ...(record.status === 'done' && { result: await readValue(objects, record.result) }),
    ...(reason !== undefined && { reason }),
  };
}

function reasonOf(record: TaskRecord): string | undefined {
  if (record.status === 'done') return undefined;
  return record.status === 'failed' ? record.reason : record.lastFailure;
}
