import type { TaskRecord } from '../core/pool/task-record.ts';

/** The records of a conversation's tasks. */
export type ContextTasks = {
  /** Reads all records of the pool, which takes minutes in a large one. */
  list(contextId: string): AsyncIterable<TaskRecord>;
  delete(id: string): Promise<void>;
};
