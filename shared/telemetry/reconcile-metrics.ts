import { type Measurement, type Metrics, measure } from './metrics.ts';

/** Why an agent's ECS task ended. */
export type AgentEnd =
  /** ECS or an operator stopped it, or it left by itself as it should. */
  | 'stopped'
  /** Fargate took its capacity back. */
  | 'interrupted'
  /** It did not start, or ended with an error. */
  | 'crashed';

/** What is emitted when an agent has ended, each only when it happens. */
export const RECONCILE_METRICS = {
  AgentsCrashed: {
    unit: 'Count',
    description: 'Agents that did not start or ended with an error',
    of: (end) => (end === 'crashed' ? 1 : undefined),
  },
  AgentsInterrupted: {
    unit: 'Count',
    description: 'Agents of which Fargate took the capacity back',
    of: (end) => (end === 'interrupted' ? 1 : undefined),
  },
} as const satisfies Metrics<AgentEnd>;

export function reconcileMeasurements(end: AgentEnd): readonly Measurement[] {
  return measure<AgentEnd>(RECONCILE_METRICS, end);
}
