import { randomUUID } from 'node:crypto';
import { type Cluster, type Instance, isOnInstances, type Task } from './model.ts';
import { ARN } from './registry.ts';

/** How many tasks an instance has room for. */
const ROOM = 2;

/** Container instances. A new one appears whenever the others are full. */
export function createInstances(tasks: ReadonlyMap<string, Task>) {
  const instances = new Map<string, Instance>();

  const tasksOn = (instance: Instance): readonly Task[] =>
    [...tasks.values()].filter((task) => task.instance === instance && task.lastStatus !== 'STOPPED');

  function register({ name, arn }: Cluster): Instance {
    const instance: Instance = {
      arn: `${ARN}:container-instance/${name}/${randomUUID().replaceAll('-', '')}`,
      clusterArn: arn,
      status: 'ACTIVE',
    };
    instances.set(instance.arn, instance);
    return instance;
  }

  return {
    all: instances,
    tasksOn,
    /** Gives a task of a service that runs on instances the fullest of those with room, as `binpack` does. */
    place(task: Task): void {
      const { cluster } = task.service;
      if (!isOnInstances(task.service)) return;
      const [fullest] = [...instances.values()]
        .filter(({ clusterArn, status }) => clusterArn === cluster.arn && status === 'ACTIVE')
        .filter((instance) => tasksOn(instance).length < ROOM)
        .toSorted((a, b) => tasksOn(b).length - tasksOn(a).length);
      task.instance = fullest ?? register(cluster);
    },
  };
}
