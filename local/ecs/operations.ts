import * as z from 'zod';
import { createDefinitionOperations } from './definition-operations.ts';
import { clusterRef } from './inputs.ts';
import { createInstanceOperations } from './instance-operations.ts';
import type { Cluster } from './model.ts';
import { operation } from './operation.ts';
import { ARN, createRegistry } from './registry.ts';
import type { Scheduler } from './scheduler.ts';
import { createServiceOperations, type ServiceOptions } from './service-operations.ts';
import { clusterShape } from './shapes.ts';
import { createTaskOperations } from './task-operations.ts';

/** The operations of the ECS API that the project uses. */
export function createOperations(scheduler: Scheduler, options: ServiceOptions) {
  const registry = createRegistry(scheduler.tasks);
  return {
    CreateCluster: operation(z.object({ clusterName: clusterRef }), ({ clusterName }) => {
      const cluster: Cluster = registry.clusters.get(clusterName) ?? {
        name: clusterName,
        arn: `${ARN}:cluster/${clusterName}`,
      };
      registry.clusters.set(clusterName, cluster);
      return { cluster: clusterShape(cluster) };
    }),
    ...createDefinitionOperations(registry),
    ...createServiceOperations(registry, scheduler, options),
    ...createTaskOperations(registry, scheduler),
    ...createInstanceOperations(registry, scheduler),
  };
}
