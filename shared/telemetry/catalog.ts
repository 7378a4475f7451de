import { AGENT_METRICS } from './agent-metrics.ts';
import { RECONCILE_METRICS } from './reconcile-metrics.ts';
import { SCALER_METRICS } from './scaler-metrics.ts';

/** Every emitted metric, by name. */
export const CATALOG = { ...SCALER_METRICS, ...AGENT_METRICS, ...RECONCILE_METRICS } as const;

export type MetricName = keyof typeof CATALOG;
