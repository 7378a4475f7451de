import { EcsError } from './errors.ts';
import type { Cluster, Service, Task, TaskDefinition } from './model.ts';

export const ARN = 'arn:aws:ecs:us-east-1:000000000000';

/** What has been created in the local ECS. */
export function createRegistry(tasks: ReadonlyMap<string, Task>) {
  const clusters = new Map<string, Cluster>();
  const taskDefinitions = new Map<string, TaskDefinition>();
  const services = new Map<string, Service>();

  function cluster(ref: string): Cluster {
    const found = clusters.get(lastPart(ref));
    if (!found) throw new EcsError('ClusterNotFoundException', 'Cluster not found.');
    return found;
  }

  function serviceKey({ name }: Cluster, ref: string): string {
    return `${name}/${lastPart(ref)}`;
  }

  return {
    clusters,
    taskDefinitions,
    services,
    cluster,
    serviceKey,

    taskDefinition(ref: string): TaskDefinition {
      const found = taskDefinitions.get(lastPart(ref));
      if (!found) throw new EcsError('ClientException', 'TaskDefinition not found.');
      return found;
    },

    service(ofCluster: string, ref: string): Service {
      const found = services.get(serviceKey(cluster(ofCluster), ref));
      if (!found) throw new EcsError('ServiceNotFoundException', 'Service not found.');
      return found;
    },

    tasks(ofCluster: string, refs: readonly string[]) {
      const { arn, name } = cluster(ofCluster);
      const found: Task[] = [];
      const missing: { arn: string; reason: string }[] = [];
      for (const ref of refs) {
        const task = tasks.get(lastPart(ref));
        if (task?.service.cluster.arn === arn) found.push(task);
        else missing.push({ arn: `${ARN}:task/${name}/${lastPart(ref)}`, reason: 'MISSING' });
      }
      return { found, missing };
    },
  };
}

export type Registry = ReturnType<typeof createRegistry>;

/** The API accepts an ARN or its last part. */
function lastPart(ref: string): string {
  return ref.split('/').at(-1) ?? ref;
}
