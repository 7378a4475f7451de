import type { ContextTraffic, StoredValue, TaskRecord } from '../core/pool/task-record.ts';

/** Whether a task's next attempt may run. */
export type BeginResult =
  | { readonly kind: 'begun'; readonly task: TaskRecord }
  /** An earlier delivery's attempt is running. Nothing was written. */
  | { readonly kind: 'running'; readonly task: Extract<TaskRecord, { readonly status: 'running' }> }
  /** The task has already ended. Only its message remains to be removed. */
  | { readonly kind: 'ended'; readonly task: TaskRecord };

export type AttemptResult =
  | { readonly kind: 'applied'; readonly task: TaskRecord }
  /** A later attempt has taken over, or the task has ended. Nothing was written. */
  | { readonly kind: 'superseded' };

export type CancelResult =
  /** `agentId`: of the agent that runs it. */
  | { readonly kind: 'cancelled'; readonly agentId?: string }
  | { readonly kind: 'ended' }
  | { readonly kind: 'unknown' };

/** One attempt at a task: the first is number 1. */
export type Attempt = { readonly id: string; readonly attempt: number };

/**
 * The agent that starts an attempt, and the delivery of the message it's for. An attempt that is running on the same
 * agent is over, and so is the one that it `takesOver`, by its number.
 */
export type Starter = {
  readonly agentId: string;
  readonly deliveryId: string;
  readonly nowMs: number;
  readonly takesOver?: number | undefined;
};

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
  /** False: a task with this id already exists, and isn't lost. Nothing was written. */
  create(task: SentTask): Promise<boolean>;
  /** Removes a task that was never sent. One that an agent has started stays. */
  discard(id: string): Promise<void>;
  get(id: string): Promise<TaskRecord | undefined>;
  /** Tasks that haven't ended: the oldest, or those sent last. Up to a second behind. */
  open(which: 'oldest' | 'latest', atMost: number): Promise<readonly TaskRecord[]>;
  /** Tasks that failed, those sent last. Up to a second behind. */
  failed(atMost: number): Promise<readonly TaskRecord[]>;
  /** Ends a task whose message is gone. False: it has changed since it was read. Nothing was written. */
  lose(task: TaskRecord, nowMs: number, reason: string): Promise<boolean>;
  /**
   * Starts the next attempt. A repeated call for the same delivery, because a response was lost, returns the same
   * attempt. A task that has no record gets one. One that was taken for lost is open again.
   */
  begin(task: SentTask, by: Starter): Promise<BeginResult>;
  progress(attempt: Attempt, progress: StoredValue): Promise<AttemptResult>;
  complete(attempt: Attempt, completion: Completion): Promise<AttemptResult>;
  /** Ends a task that is queued or running, whatever its attempt. */
  cancel(id: string, nowMs: number, reason: string): Promise<CancelResult>;
  /** Ends a task as failed, whatever its attempt. A cancelled task stays cancelled. */
  fail(task: SentTask, nowMs: number, reason: string): Promise<void>;
  /**
   * Records why an attempt didn't complete, and queues the task again. An attempt `returned` by an agent that had to
   * stop doesn't count as failed.
   */
  retry(
    attempt: Attempt,
    why: { readonly kind: 'failed' | 'returned'; readonly reason: string },
  ): Promise<AttemptResult>;
};
