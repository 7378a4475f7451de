import type { ContextTraffic, StoredValue, TaskRecord } from '../core/pool/task-record.ts';

/** Where a task stands, and what the worker may do about it. */
export type BeginResult =
  | { readonly kind: 'begun'; readonly task: TaskRecord }
  /** The task has ended already; its message only has to be removed. */
  | { readonly kind: 'ended'; readonly task: TaskRecord };

export type AttemptResult =
  | { readonly kind: 'applied'; readonly task: TaskRecord }
  /** A later attempt has taken over, or the task has ended; nothing was written. */
  | { readonly kind: 'superseded' };

/** A task as its message tells it. */
export type SentTask = {
  readonly id: string;
  readonly contextId?: string | undefined;
  readonly sentAtMs: number;
};

export type TaskStore = {
  /** False: a task with this id exists already; nothing was written. */
  create(task: SentTask): Promise<boolean>;
  /** Removes a task that was never sent. */
  discard(id: string): Promise<void>;
  get(id: string): Promise<TaskRecord | undefined>;
  /** Starts the next attempt. A task sent without a record gets one. */
  begin(task: SentTask, agentId: string, nowMs: number): Promise<BeginResult>;
  progress(id: string, attempt: number, progress: StoredValue): Promise<AttemptResult>;
  complete(
    id: string,
    attempt: number,
    nowMs: number,
    result: StoredValue,
    traffic: ContextTraffic,
  ): Promise<AttemptResult>;
  /** Ends a task as failed, whatever its attempt. */
  fail(task: SentTask, nowMs: number, reason: string): Promise<void>;
  /**
   * Notes why an attempt did not complete; the task is queued again. An attempt that was `returned` by an agent
   * that had to stop does not count as a failed one.
   */
  retry(id: string, attempt: number, reason: string, kind: 'failed' | 'returned'): Promise<AttemptResult>;
};
