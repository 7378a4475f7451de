import { type Measurement, type Metrics, measure } from './metrics.ts';

/** Why an agent's ECS task ended. */
export type AgentEnd =
  /** ECS or an operator stopped it, or it exited normally. */
  | 'stopped'
  /** Fargate reclaimed its Spot capacity. */
  | 'interrupted'
  /** It didn't start, or exited with an error. */
  | 'crashed';

/** Metrics emitted when an agent has ended, each only when it happens. */
export const RECONCILE_METRICS = {
  AgentsCrashed: {
    unit: 'Count',
    description: 'Agents that failed to start or exited with an error',
    of: (end) => (end === 'crashed' ? 1 : undefined),
  },
  AgentsInterrupted: {
    unit: 'Count',
    description: 'Agents whose Spot capacity Fargate reclaimed',
    of: (end) => (end === 'interrupted' ? 1 : undefined),
  },
} as const satisfies Metrics<AgentEnd>;

export function reconcileMeasurements(end: AgentEnd): readonly Measurement[] {
  return measure<AgentEnd>(RECONCILE_METRICS, end);
}
