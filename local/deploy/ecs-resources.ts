import {
  CreateClusterCommand,
  CreateServiceCommand,
  type CreateServiceCommandInput,
  DeleteServiceCommand,
  DescribeServicesCommand,
  type ECSClient,
  RegisterTaskDefinitionCommand,
  type RegisterTaskDefinitionCommandInput,
  type Service,
  type Tag,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs';
import * as z from 'zod';
import type { ResourceType } from './deploy.ts';

/** The agents' cluster, services and task definitions. */
export function ecsResources(ecs: ECSClient): Record<string, ResourceType> {
  return {
    'AWS::ECS::Cluster': {
      async put(_properties, logicalId) {
        const { cluster } = await ecs.send(new CreateClusterCommand({ clusterName: logicalId }));
        return { ref: logicalId, attributes: { Arn: cluster?.clusterArn ?? '' } };
      },
    },

    // A change is a new revision.
    'AWS::ECS::TaskDefinition': {
      async put(properties) {
        const containers = properties['ContainerDefinitions'] as Record<string, unknown>[];
        const { taskDefinition } = await ecs.send(
          new RegisterTaskDefinitionCommand({
            family: properties['Family'] as string,
            tags: lowerCaseKeys(tagList.parse(properties['Tags'] ?? [])) as Tag[],
            containerDefinitions: containers.map(
              lowerCaseKeys,
            ) as RegisterTaskDefinitionCommandInput['containerDefinitions'],
          }),
        );
        return { ref: taskDefinition?.taskDefinitionArn ?? '' };
      },
    },

    'AWS::ECS::Service': {
      async put(properties, logicalId) {
        const cluster = properties['Cluster'] as string;
        const serviceName = (properties['ServiceName'] as string | undefined) ?? logicalId;
        const taskDefinition = properties['TaskDefinition'] as string;
        const { services: [existing] = [] } = await ecs.send(
          new DescribeServicesCommand({ cluster, services: [serviceName] }),
        );
        const { service } =
          existing === undefined
            ? await ecs.send(createService(properties, { cluster, serviceName, taskDefinition }))
            : await ecs.send(
                updateService(properties, { cluster, service: serviceName, taskDefinition, existing }),
              );
        const arn = service?.serviceArn ?? '';
        return { ref: arn, attributes: { Name: serviceName, ServiceArn: arn, Cluster: cluster } };
      },
      async remove({ ref, attributes }) {
        await ecs.send(
          new DeleteServiceCommand({ cluster: attributes?.['Cluster'], service: ref, force: true }),
        );
      },
    },
  };
}

function createService(
  properties: Readonly<Record<string, unknown>>,
  names: Pick<CreateServiceCommandInput, 'cluster' | 'serviceName' | 'taskDefinition'>,
): CreateServiceCommand {
  return new CreateServiceCommand({
    ...names,
    // The template sets no desired count. CloudFormation creates such a service with a count of 1.
    desiredCount: 1,
    ...(lowerCaseKeys(serviceProperties.parse(properties)) as Partial<CreateServiceCommandInput>),
  });
}

/** A task definition starts a deployment even if it's the one in use. */
function updateService(
  properties: Readonly<Record<string, unknown>>,
  {
    taskDefinition,
    existing,
    ...names
  }: {
    readonly cluster: string;
    readonly service: string;
    readonly taskDefinition: string;
    readonly existing: Service;
  },
): UpdateServiceCommand {
  const {
    Tags: _,
    PropagateTags: __,
    EnableECSManagedTags: ___,
    ...changeable
  } = serviceProperties.parse(properties);
  return new UpdateServiceCommand({
    ...names,
    ...(existing.taskDefinition !== taskDefinition && { taskDefinition }),
    ...(lowerCaseKeys(changeable) as object),
  });
}

const tagList = z.array(z.object({ Key: z.string(), Value: z.string() }));

/** What the local ECS knows of a service, besides its task definition. */
const serviceProperties = z.object({
  CapacityProviderStrategy: z.array(z.record(z.string(), z.unknown())).optional(),
  DeploymentConfiguration: z
    .object({ DeploymentCircuitBreaker: z.object({ Enable: z.boolean(), Rollback: z.boolean() }).optional() })
    .optional(),
  Tags: tagList.optional(),
  PropagateTags: z.enum(['TASK_DEFINITION', 'SERVICE', 'NONE']).optional(),
  EnableECSManagedTags: z.boolean().optional(),
});

/** Converts CloudFormation's `StopTimeout` to the API's `stopTimeout`, and so on. */
function lowerCaseKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(lowerCaseKeys);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => [
      key.charAt(0).toLowerCase() + key.slice(1),
      lowerCaseKeys(part),
    ]),
  );
}
