import { type Measurement, type Metrics, measure } from './metrics.ts';

/** A task's first start, or the outcome of an attempt, as far as it's measured. */
export type MeasuredAttempt =
  | { readonly kind: 'started'; readonly queueWaitMs: number }
  | {
      readonly kind: 'completed';
      readonly durationMs: number;
      readonly damage?: string;
      /** Absent for a task without a conversation. */
      readonly context?: MeasuredContext;
    }
  | { readonly kind: 'failed'; readonly isFinal: boolean }
  | { readonly kind: 'returned' }
  | { readonly kind: 'postponed' };

export type MeasuredContext = {
  /** Whether the agent had the context cached; undefined for a new conversation. */
  readonly isWarm: boolean | undefined;
  /** Size of the whole context, and of the snapshot stored for it. */
  readonly plainBytes: number;
  readonly bytesWritten: number;
  /** The version that the turn continued; 0 for a new conversation. */
  readonly version: number;
};

/** Metrics that an agent emits when a task starts and after each attempt. Rare events are emitted only when they happen. */
export const AGENT_METRICS = {
  TasksCompleted: {
    unit: 'Count',
    description: 'Tasks completed',
    of: ({ kind }) => (kind === 'completed' ? 1 : undefined),
  },
  TaskQueueTime: {
    unit: 'Seconds',
    description: 'Time from sending a task to the start of its first attempt',
    of: (attempt) => (attempt.kind === 'started' ? attempt.queueWaitMs / 1000 : undefined),
  },
  TaskDuration: {
    unit: 'Seconds',
    description: 'Duration of the attempt that completed a task',
    of: (attempt) => (attempt.kind === 'completed' ? attempt.durationMs / 1000 : undefined),
  },
  ContextSize: {
    unit: 'Bytes',
    description: 'Size of a context after a turn',
    of: (attempt) => contextOf(attempt)?.plainBytes,
  },
  SnapshotBytesWritten: {
    unit: 'Bytes',
    description: 'Bytes stored for a context after a turn',
    of: (attempt) => contextOf(attempt)?.bytesWritten,
  },
  SnapshotBytesSaved: {
    unit: 'Bytes',
    description: 'Bytes not stored, because a snapshot holds only what is new',
    of(attempt) {
      const context = contextOf(attempt);
      return context && Math.max(0, context.plainBytes - context.bytesWritten);
    },
  },
  WarmHits: {
    unit: 'Percent',
    description: 'Share of turns whose agent had the context cached',
    of(attempt) {
      const isWarm = contextOf(attempt)?.isWarm;
      return isWarm === undefined ? undefined : isWarm ? 100 : 0;
    },
  },
  AttemptsFailed: {
    unit: 'Count',
    description: 'Attempts that failed',
    // A zero for each that completed makes the average the share that failed, which double counting can't falsify.
    of: ({ kind }) => (kind === 'failed' ? 1 : kind === 'completed' ? 0 : undefined),
  },
  TasksDeadLettered: {
    unit: 'Count',
    description: 'Tasks whose message went to the dead-letter queue',
    of: (attempt) => (attempt.kind === 'failed' && attempt.isFinal ? 1 : undefined),
  },
  TasksReturned: {
    unit: 'Count',
    description: 'Tasks returned to the queue because their agent had to stop',
    of: ({ kind }) => (kind === 'returned' ? 1 : undefined),
  },
  TasksPostponed: {
    unit: 'Count',
    description: 'Tasks put off because they could not run now, such as when a model is busy',
    of: ({ kind }) => (kind === 'postponed' ? 1 : undefined),
  },
  SnapshotsDamaged: {
    unit: 'Count',
    description: 'Contexts restored from an earlier version because a snapshot was damaged or missing',
    of: (attempt) => (attempt.kind === 'completed' && attempt.damage !== undefined ? 1 : undefined),
  },
} as const satisfies Metrics<MeasuredAttempt>;

export function agentMeasurements(attempt: MeasuredAttempt): readonly Measurement[] {
  return measure<MeasuredAttempt>(AGENT_METRICS, attempt);
}

function contextOf(attempt: MeasuredAttempt): MeasuredContext | undefined {
  return attempt.kind === 'completed' ? attempt.context : undefined;
}
