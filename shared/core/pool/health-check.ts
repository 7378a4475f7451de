/** Names the file in which an agent says whether its handler is loaded. */
export const HEALTH_FILE_VARIABLE = 'AGENTPOOL_HEALTH_FILE';
export const DEFAULT_HEALTH_FILE = '/tmp/agentpool-health';

/** What the file says, once it's there. */
export type HealthReport = 'loaded' | 'failed';

/** A container health check, in seconds. */
export type ContainerHealthCheck = {
  readonly command: readonly string[];
  readonly interval: number;
  readonly timeout: number;
  readonly retries: number;
};

/** ECS's bounds are 5 to 300 s for the interval, 2 to 60 s for the timeout, and 1 to 10 retries. */
const SHORTEST_SECONDS = 5;
const LONGEST_TIMEOUT = 60;
const RETRIES = 10;

/**
 * The health check of an agent's container. ECS's circuit breaker counts an ECS task that fails its health check, but
 * none that exits by itself, so it would never notice a handler that cannot be loaded.
 *
 * The check blocks while the agent starts, and fails at once when loading has failed. The container is unhealthy after
 * 10 failures in a row. A start may take `10 * (interval + timeout)`, at least the pool's start timeout, while a broken
 * handler is found after `10 * interval`, half of that. A shorter interval would find it sooner, but CDK rejects one
 * below the timeout. ECS's start period would delay it: failures don't count before its end.
 */
export function agentHealthCheck(startTimeoutSeconds: number): ContainerHealthCheck {
  const perRetry = Math.ceil(startTimeoutSeconds / RETRIES);
  const timeout = Math.min(LONGEST_TIMEOUT, Math.max(SHORTEST_SECONDS, Math.ceil(perRetry / 2)));
  const interval = Math.max(timeout, perRetry - timeout);
  return { command: ['CMD-SHELL', SCRIPT], interval, timeout, retries: RETRIES };
}

/** How long an agent without a handler waits until ECS has stopped it: longer than the check takes to find it. */
export function secondsUntilStopped({ interval, timeout, retries }: ContainerHealthCheck): number {
  return (retries + 1) * interval + timeout;
}

const FILE = `"\${${HEALTH_FILE_VARIABLE}:-${DEFAULT_HEALTH_FILE}}"`;
const SCRIPT = `until [ -s ${FILE} ]; do sleep 1; done; grep -q ^loaded ${FILE}`;
