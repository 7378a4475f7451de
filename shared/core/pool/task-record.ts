/** A task's record. Times are epoch milliseconds. */
export type TaskRecord = {
  readonly id: string;
  readonly contextId?: string;
  readonly sentAtMs: number;
  /** Attempts started so far. */
  readonly attempts: number;
  /** How many of those attempts ended because the agent had to stop. They don't count as failed. */
  readonly returned: number;
  /** When it was redriven from the dead-letter queue, if it was. */
  readonly queuedAtMs?: number;
  /** When its first attempt started, or the first one since it was redriven. */
  readonly startedAtMs?: number;
  /** What the handler reported last. */
  readonly progress?: StoredValue;
  /** Why the last attempt didn't complete, if the agent could still record it. */
  readonly lastFailure?: string;
} & TaskStage;

type TaskStage =
  /** Sent, or returned to the queue after an attempt. */
  | { readonly status: 'queued' }
  | { readonly status: 'running'; readonly agentId: string; readonly attemptStartedAtMs: number }
  | {
      readonly status: 'done';
      readonly agentId: string;
      readonly attemptStartedAtMs: number;
      readonly endedAtMs: number;
      readonly result: StoredValue;
      readonly traffic: ContextTraffic;
    }
  /** Its message is in the dead-letter queue, unless it's lost or was cancelled. */
  | {
      readonly status: 'failed';
      readonly endedAtMs: number;
      readonly reason: string;
      /** Its message was gone. It can be sent again, and if its message turns up after all, it runs. */
      readonly lost?: true;
      /** Somebody ended it before it was done. */
      readonly cancelled?: true;
    };

/** Stored JSON: inside the record, or in S3 if it's too large for that. */
export type StoredValue =
  | { readonly kind: 'inline'; readonly json: string }
  | { readonly kind: 'object'; readonly key: string; readonly bytes: number; readonly sha256: string };

/** Stored bytes of its context that a task read and wrote. */
export type ContextTraffic = {
  readonly bytesRead: number;
  readonly bytesWritten: number;
  /** What was damaged in its context, if the attempt had to use an earlier version. */
  readonly damage?: string;
};

export const TASK_RECORD_DAYS = 14;
