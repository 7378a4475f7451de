import type { Log } from './agent.ts';
import type { OwnTask } from './ecs-endpoints.ts';

type Ports = {
  /** When ECS accepted a task. */
  readonly readCreation: (cluster: string, id: string) => Promise<number>;
  readonly log: Log;
};

/**
 * When the agent was launched. On an instance, that's when ECS accepted it: it may have waited minutes for the instance,
 * which the scaler has to expect of the next one. Without an answer, it's when the image began to be pulled.
 */
export async function launchedAtMs(
  { identity, cluster, place }: OwnTask,
  { readCreation, log }: Ports,
): Promise<number> {
  if (place === 'fargate') return identity.launchedAtMs;
  try {
    return await readCreation(cluster, identity.id);
  } catch (error) {
    log.warn('the wait for an instance is unknown', { error });
    return identity.launchedAtMs;
  }
}
