import { type Measurement, type Metrics, measure } from './metrics.ts';

/** How an attempt at a task ended, as far as it is measured. */
export type MeasuredAttempt =
  | {
      readonly kind: 'completed';
      readonly queueWaitMs: number;
      readonly durationMs: number;
      readonly damage?: string;
      /** Absent for a task without a conversation. */
      readonly context?: MeasuredContext;
    }
  | { readonly kind: 'failed'; readonly isFinal: boolean }
  | { readonly kind: 'returned' };

export type MeasuredContext = {
  /** Whether the agent had it at hand; undefined when the conversation began. */
  readonly isWarm: boolean | undefined;
  /** Size of the whole context, and of what was stored of it. */
  readonly plainBytes: number;
  readonly bytesWritten: number;
};

/** What an agent emits after each attempt at a task. What seldom happens is emitted only when it does. */
export const AGENT_METRICS = {
  TasksCompleted: {
    unit: 'Count',
    description: 'Tasks completed',
    of: ({ kind }) => (kind === 'completed' ? 1 : undefined),
  },
  TaskQueueTime: {
    unit: 'Seconds',
    description: 'Time from sending a task to its first start',
    of: (attempt) => (attempt.kind === 'completed' ? attempt.queueWaitMs / 1000 : undefined),
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
    description: 'What was stored of it',
    of: (attempt) => contextOf(attempt)?.bytesWritten,
  },
  SnapshotBytesSaved: {
    unit: 'Bytes',
    description: 'What was not stored of it, since a snapshot holds only what is new',
    of(attempt) {
      const context = contextOf(attempt);
      return context && Math.max(0, context.plainBytes - context.bytesWritten);
    },
  },
  WarmHits: {
    unit: 'Percent',
    description: 'Turns that found their context with their agent',
    of(attempt) {
      const isWarm = contextOf(attempt)?.isWarm;
      return isWarm === undefined ? undefined : isWarm ? 100 : 0;
    },
  },
  AttemptsFailed: {
    unit: 'Count',
    description: 'Attempts that failed',
    of: ({ kind }) => (kind === 'failed' ? 1 : undefined),
  },
  TasksDeadLettered: {
    unit: 'Count',
    description: 'Tasks given up: their message is in the dead-letter queue',
    of: (attempt) => (attempt.kind === 'failed' && attempt.isFinal ? 1 : undefined),
  },
  TasksReturned: {
    unit: 'Count',
    description: 'Tasks given back because their agent had to stop',
    of: ({ kind }) => (kind === 'returned' ? 1 : undefined),
  },
  SnapshotsDamaged: {
    unit: 'Count',
    description: 'Contexts of which an earlier version had to do, since a snapshot was damaged or missing',
    of: (attempt) => (attempt.kind === 'completed' && attempt.damage !== undefined ? 1 : undefined),
  },
} as const satisfies Metrics<MeasuredAttempt>;

export function agentMeasurements(attempt: MeasuredAttempt): readonly Measurement[] {
  return measure<MeasuredAttempt>(AGENT_METRICS, attempt);
}

function contextOf(attempt: MeasuredAttempt): MeasuredContext | undefined {
  return attempt.kind === 'completed' ? attempt.context : undefined;
}
