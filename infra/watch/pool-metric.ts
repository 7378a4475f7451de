import { Duration } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { CATALOG, type MetricName } from '../../shared/telemetry/catalog.ts';
import { NAMESPACE, POOL_DIMENSION } from '../../shared/telemetry/metrics.ts';

/** A CloudWatch statistic; `p95` and the like are percentiles. */
export type Statistic = 'Average' | 'Maximum' | 'Minimum' | 'Sum' | `p${number}`;

type PoolMetricOptions = {
  readonly statistic: Statistic;
  /** Default: 1. */
  readonly periodMinutes?: number;
  /** Default: the metric's description. */
  readonly label?: string;
};

/** A metric of a pool for graphs and alarms. Only metrics in the catalog, which the code emits, are allowed. */
export function poolMetric(
  pool: string,
  name: MetricName,
  { statistic, periodMinutes = 1, label = CATALOG[name].description }: PoolMetricOptions,
): Metric {
  return new Metric({
    namespace: NAMESPACE,
    metricName: name,
    dimensionsMap: { [POOL_DIMENSION]: pool },
    statistic,
    period: Duration.minutes(periodMinutes),
    label,
  });
}
