import { Duration } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { CATALOG, type MetricName } from '../../shared/telemetry/catalog.ts';
import { NAMESPACE, POOL_DIMENSION, STACK_DIMENSION } from '../../shared/telemetry/metrics.ts';

/** A CloudWatch statistic. `p95` is a percentile; `PR(:30)` is the percentage of values of 30 or less. */
export type Statistic = 'Average' | 'Maximum' | 'Minimum' | 'Sum' | `p${number}` | `PR(:${number})`;

/** Whose metrics: a pool's name is unique within its platform's stack only. */
export type Metered = { readonly stack: string; readonly pool: string };

type PoolMetricOptions = {
  readonly statistic: Statistic;
  /** Default: 1. */
  readonly periodMinutes?: number;
  /** Default: the metric's description. */
  readonly label?: string;
};

/** A metric of a pool for graphs and alarms. Only metrics in the catalog, which the code emits, are allowed. */
export function poolMetric(
  { stack, pool }: Metered,
  name: MetricName,
  { statistic, periodMinutes = 1, label = CATALOG[name].description }: PoolMetricOptions,
): Metric {
  return new Metric({
    namespace: NAMESPACE,
    metricName: name,
    dimensionsMap: { [STACK_DIMENSION]: stack, [POOL_DIMENSION]: pool },
    statistic,
    period: Duration.minutes(periodMinutes),
    label,
  });
}
