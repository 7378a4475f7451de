import { Metrics } from '@aws-lambda-powertools/metrics';
import { type Measurement, NAMESPACE, POOL_DIMENSION, STACK_DIMENSION } from '../telemetry/metrics.ts';

/** Emits a pool's measurements in CloudWatch's embedded metric format, as a log line. */
export type EmitMetrics = (pool: string, measurements: readonly Measurement[]) => void;

export function emitMetrics(serviceName: string, stack: string): EmitMetrics {
  const metrics = new Metrics({ namespace: NAMESPACE, serviceName });
  // Powertools would add the service as a second dimension, and CloudWatch would treat it as a different metric.
  metrics.clearDefaultDimensions();
  return (pool, measurements) => {
    if (measurements.length === 0) return;
    metrics.addDimension(STACK_DIMENSION, stack);
    metrics.addDimension(POOL_DIMENSION, pool);
    for (const { name, unit, value } of measurements) metrics.addMetric(name, unit, value);
    metrics.publishStoredMetrics();
  };
}
