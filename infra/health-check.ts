import { Duration } from 'aws-cdk-lib';
import type { HealthCheck } from 'aws-cdk-lib/aws-ecs';
import { agentHealthCheck } from '../shared/core/pool/health-check.ts';

/** The health check of an agent's container: whether its handler is loaded. */
export function containerHealthCheck(startTimeoutSeconds: number): HealthCheck {
  const { command, interval, timeout, retries } = agentHealthCheck(startTimeoutSeconds);
  return {
    command: [...command],
    interval: Duration.seconds(interval),
    timeout: Duration.seconds(timeout),
    retries,
  };
}
