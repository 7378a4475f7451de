/** Where a task stands. Times are epoch milliseconds. */
export type TaskRecord = {
  readonly id: string;
  readonly contextId?: string;
  readonly sentAtMs: number;
  /** How often agents have started it. */
  readonly attempts: number;
  /** How many of these attempts ended because the agent had to stop: they do not count as failed. */
  readonly returned: number;
  /** When an agent first started it. */
  readonly startedAtMs?: number;
  /** What the handler reported last. */
  readonly progress?: StoredValue;
  /** Why the last attempt did not complete, if it could still tell. */
  readonly lastFailure?: string;
} & TaskStage;

type TaskStage =
  /** Sent, or given back after an attempt. */
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
  /** Its message is in the dead-letter queue. */
  | { readonly status: 'failed'; readonly endedAtMs: number; readonly reason: string };

/** JSON as it is stored: inside the record, or in S3 where it is too large for that. */
export type StoredValue =
  | { readonly kind: 'inline'; readonly json: string }
  | { readonly kind: 'object'; readonly key: string; readonly bytes: number; readonly sha256: string };

/** Bytes of its context that a task moved, as they are stored. */
export type ContextTraffic = {
  readonly bytesRead: number;
  readonly bytesWritten: number;
  /** What of its context was damaged, so that an earlier version had to do. */
  readonly damage?: string;
};

export const TASK_RECORD_DAYS = 14;
