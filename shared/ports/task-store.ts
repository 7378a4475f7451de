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

/** One attempt at a task: the first is number 1. */
export type Attempt = { readonly id: string; readonly attempt: number };

/** Who starts an attempt, for which delivery of its message. */
export type Starter = { readonly agentId: string; readonly deliveryId: string; readonly nowMs: number };

export type Completion = {
  readonly nowMs: number;
  readonly result: StoredValue;
  readonly traffic: ContextTraffic;
};

/** A task as its message describes it. */
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
  /**
   * Starts the next attempt, once for each delivery: made again, since its answer was lost, it returns the same attempt.
   * A task sent without a record gets one.
   */
  begin(task: SentTask, by: Starter): Promise<BeginResult>;
  progress(attempt: Attempt, progress: StoredValue): Promise<AttemptResult>;
  complete(attempt: Attempt, completion: Completion): Promise<AttemptResult>;
  /** Ends a task as failed, whatever its attempt. */
  fail(task: SentTask, nowMs: number, reason: string): Promise<void>;
  /**
   * Notes why an attempt did not complete; the task is queued again. An attempt that was `returned` by an agent
   * that had to stop does not count as a failed one.
   */
  retry(
    attempt: Attempt,
    why: { readonly kind: 'failed' | 'returned'; readonly reason: string },
  ): Promise<AttemptResult>;
};
