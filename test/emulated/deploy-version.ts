import { RegisterTaskDefinitionCommand, UpdateServiceCommand } from '@aws-sdk/client-ecs';
import { ecsClient } from '../../shared/aws/clients.ts';
import type { TestStack } from './stack.ts';

/**
 * Deploys a new version of a stack's agents, as `cdk deploy` does: registers the service's task definition once more,
 * with changes to the pool's configuration, and makes the service go over to it.
 */
export async function deployVersion(
  { stack, pool }: TestStack,
  changes: { readonly handler?: string } = {},
): Promise<{ readonly deployment: string; readonly revision: string }> {
  const ecs = ecsClient();
  const within = { cluster: stack.outputs.clusterName, service: pool.service };
  const [running] = [...stack.ecs.scheduler.tasks.values()];
  if (!running) throw new Error('no ECS task was started');
  const { family, container } = running.deployment.taskDefinition;
  const { command, environment, stopTimeoutSeconds: stopTimeout, healthCheck } = container;
  const config = JSON.stringify({ ...JSON.parse(environment['AGENTPOOL_POOL'] ?? '{}'), ...changes });
  const { taskDefinition } = await ecs.send(
    new RegisterTaskDefinitionCommand({
      family,
      containerDefinitions: [
        {
          name: 'agent',
          image: 'new',
          command: [...command],
          stopTimeout,
          environment: Object.entries({ ...environment, AGENTPOOL_POOL: config }).map(([name, value]) => ({
            name,
            value,
          })),
          ...(healthCheck && { healthCheck: { ...healthCheck, command: [...healthCheck.command] } }),
        },
      ],
    }),
  );
  const { taskDefinitionArn = '' } = taskDefinition ?? {};
  const { service } = await ecs.send(
    new UpdateServiceCommand({ ...within, taskDefinition: taskDefinitionArn }),
  );
  return {
    deployment: service?.deployments?.[0]?.id ?? '',
    revision: taskDefinitionArn.split('/').at(-1) ?? '',
  };
}
