import * as z from 'zod';
import { EcsError } from './errors.ts';
import { clusterRef, name } from './inputs.ts';
import { operation } from './operation.ts';
import type { Registry } from './registry.ts';
import type { Scheduler } from './scheduler.ts';
import { instanceShape } from './shapes.ts';

const status = z.enum(['ACTIVE', 'DRAINING']);

/** The operations on container instances. */
export function createInstanceOperations(registry: Registry, { instances, drain }: Scheduler) {
  const of = (cluster: string) => {
    const { arn } = registry.cluster(cluster);
    return [...instances.all.values()].filter(({ clusterArn }) => clusterArn === arn);
  };
  return {
    ListContainerInstances: operation(
      z.object({
        cluster: clusterRef,
        status: status.optional(),
        maxResults: z.int().min(1).max(100).default(100),
      }),
      ({ cluster, status: wanted, maxResults }) => ({
        containerInstanceArns: of(cluster)
          .filter((instance) => wanted === undefined || instance.status === wanted)
          .slice(0, maxResults)
          .map(({ arn }) => arn),
      }),
    ),

    UpdateContainerInstancesState: operation(
      z.object({ cluster: clusterRef, containerInstances: z.array(name).min(1).max(10), status }),
      ({ cluster, containerInstances, status: wanted }) => {
        const found = of(cluster).filter(({ arn }) => containerInstances.includes(arn));
        if (found.length < containerInstances.length)
          throw new EcsError('InvalidParameterException', 'The container instance was not found.');
        for (const instance of found) {
          instance.status = wanted;
          if (wanted === 'DRAINING') drain(instance);
        }
        return { containerInstances: found.map(instanceShape), failures: [] };
      },
    ),
  };
}
