import * as z from 'zod';
import { TASKS_PER_SERVICE } from '../../sim/aws/limits.ts';
import { deploy, newDeployment } from './deployments.ts';
import { EcsError } from './errors.ts';
import { clusterRef, include, name, tags } from './inputs.ts';
import { type CircuitBreaker, primaryOf, type Service } from './model.ts';
import { operation } from './operation.ts';
import { ARN, type Registry } from './registry.ts';
import type { Scheduler } from './scheduler.ts';
import { serviceShape } from './shapes.ts';

const desiredCount = z.int().min(0).max(TASKS_PER_SERVICE);

const deploymentConfiguration = z
  .object({
    deploymentCircuitBreaker: z
      .object({ enable: z.boolean(), rollback: z.boolean() })
      .default({ enable: false, rollback: false }),
  })
  .transform(({ deploymentCircuitBreaker: { enable, rollback } }): CircuitBreaker => {
    return enable ? { kind: 'enabled', rollback } : { kind: 'disabled' };
  });

const capacityProviderStrategy = z.array(
  z.object({
    capacityProvider: name,
    weight: z.int().min(0).max(1000).default(0),
    base: z.int().min(0).max(100_000).default(0),
  }),
);

const NO_SERVICE_LINKED_ROLE =
  'Unable to assume the service linked role. Please verify that the ECS service linked role exists.';

export type ServiceOptions = {
  /** Missing in an account that has never used ECS. Default: exists. */
  readonly serviceLinkedRole?: 'exists' | 'missing';
};

/** The operations on services. */
export function createServiceOperations(registry: Registry, scheduler: Scheduler, options: ServiceOptions) {
  const { services } = registry;
  const shape = (service: Service) => serviceShape(service, scheduler.tasksOf(service));
  return {
    CreateService: operation(
      z.object({
        cluster: clusterRef,
        serviceName: name,
        taskDefinition: name,
        desiredCount: desiredCount.default(1),
        capacityProviderStrategy: capacityProviderStrategy.default([]),
        deploymentConfiguration: deploymentConfiguration.default({ kind: 'disabled' }),
        tags,
        propagateTags: z.enum(['TASK_DEFINITION', 'SERVICE', 'NONE']).default('NONE'),
        enableECSManagedTags: z.boolean().default(false),
      }),
      (input) => {
        if (options.serviceLinkedRole === 'missing') {
          throw new EcsError('InvalidParameterException', NO_SERVICE_LINKED_ROLE);
        }
        const cluster = registry.cluster(input.cluster);
        const key = registry.serviceKey(cluster, input.serviceName);
        if (services.has(key)) {
          throw new EcsError('InvalidParameterException', 'Creation of service was not idempotent.');
        }
        const service: Service = {
          name: input.serviceName,
          arn: `${ARN}:service/${cluster.name}/${input.serviceName}`,
          cluster,
          createdAtMs: Date.now(),
          tags: input.tags,
          propagateTags: input.propagateTags,
          enableECSManagedTags: input.enableECSManagedTags,
          desiredCount: input.desiredCount,
          capacityProviderStrategy: input.capacityProviderStrategy,
          circuitBreaker: input.deploymentConfiguration,
          deployments: [newDeployment(registry.taskDefinition(input.taskDefinition))],
          events: [],
        };
        services.set(key, service);
        scheduler.reconcile(service);
        return { service: shape(service) };
      },
    ),

    // In ECS, other fields would start a deployment too. They aren't supported here, so they're rejected.
    UpdateService: operation(
      z.strictObject({
        cluster: clusterRef,
        service: name,
        desiredCount: desiredCount.optional(),
        capacityProviderStrategy: capacityProviderStrategy.optional(),
        taskDefinition: name.optional(),
        forceNewDeployment: z.boolean().default(false),
        deploymentConfiguration: deploymentConfiguration.optional(),
      }),
      ({ cluster, service: ref, taskDefinition, forceNewDeployment, ...input }) => {
        const service = registry.service(cluster, ref);
        const definition =
          taskDefinition === undefined
            ? primaryOf(service).taskDefinition
            : registry.taskDefinition(taskDefinition);
        service.desiredCount = input.desiredCount ?? service.desiredCount;
        service.capacityProviderStrategy = input.capacityProviderStrategy ?? service.capacityProviderStrategy;
        service.circuitBreaker = input.deploymentConfiguration ?? service.circuitBreaker;
        // A task definition starts a deployment even if it's the one in use. A count alone doesn't.
        if (forceNewDeployment || taskDefinition !== undefined) deploy(service, newDeployment(definition));
        scheduler.reconcile(service);
        return { service: shape(service) };
      },
    ),

    DeleteService: operation(
      z.object({ cluster: clusterRef, service: name, force: z.boolean().default(false) }),
      ({ cluster, service: ref, force }) => {
        const service = registry.service(cluster, ref);
        if (service.desiredCount > 0 && !force) {
          throw new EcsError(
            'InvalidParameterException',
            'The service cannot be stopped while it is scaled above 0.',
          );
        }
        service.desiredCount = 0;
        services.delete(registry.serviceKey(service.cluster, service.name));
        for (const task of scheduler.tasksOf(service))
          scheduler.stop(task, 'ServiceSchedulerInitiated', 'The service is being deleted');
        return { service: shape(service) };
      },
    ),

    DescribeServices: operation(
      z.object({ cluster: clusterRef, services: z.array(name).min(1).max(10), include }),
      ({ cluster, services: names, include }) => {
        const of = registry.cluster(cluster);
        const found = names.map((service) => services.get(registry.serviceKey(of, service)));
        return {
          services: found
            .filter((service) => service !== undefined)
            .map((service) => ({
              ...shape(service),
              ...(include.includes('TAGS') && { tags: service.tags }),
            })),
          failures: names
            .filter((_, index) => !found[index])
            .map((service) => ({ arn: `${ARN}:service/${cluster}/${service}`, reason: 'MISSING' })),
        };
      },
    ),
  };
}
