import type { Disposed } from '../shared/tasks/delivery.ts';
import type { MeasuredContext } from '../shared/telemetry/agent-metrics.ts';

/** The outcome of an attempt, and how long it took. `disposed` says what happened to its message. */
export type AttemptOutcome = Ended & { readonly durationMs: number };

export type Ended = { readonly disposed: Disposed } & (
  | {
      readonly kind: 'completed';
      readonly contextBytes: number;
      readonly context?: MeasuredContext;
      readonly damage?: string;
    }
  /** The task had already ended, or another attempt is at work on it. */
  | { readonly kind: 'superseded' }
  /** Somebody ended the task while it ran. */
  | { readonly kind: 'cancelled' }
  /** Returned to the queue because the agent has to stop. */
  | { readonly kind: 'returned' }
  /** It can't run now, and comes back after a time. */
  | { readonly kind: 'postponed'; readonly reason: string; readonly afterSeconds: number }
  | { readonly kind: 'failed'; readonly reason: string; readonly isFinal: boolean }
  /** The handler didn't end, so the agent has to. */
  | { readonly kind: 'stuck'; readonly reason: string }
);

/** The outcome of an attempt that didn't complete, by what happened to its message. */
export function ended(disposed: Disposed, reason = 'no reason given'): Ended {
  switch (disposed.kind) {
    case 'retried':
    case 'given up':
      return { kind: 'failed', reason, isFinal: disposed.kind === 'given up', disposed };
    case 'returned':
      return { kind: 'returned', disposed };
    case 'cancelled':
      return { kind: 'cancelled', disposed };
    case 'completed':
    case 'already ended':
    case 'superseded':
    case 'left alone':
    case 'abandoned':
      return { kind: 'superseded', disposed };
    default:
      return disposed.kind satisfies never;
  }
}
