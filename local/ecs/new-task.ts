import { randomUUID } from 'node:crypto';
import { primaryOf, type Service, type StopCode, type Tag, type Task } from './model.ts';

const ZONES = ['local-a', 'local-b'];

/** A task of the PRIMARY deployment, in the zone with the fewest of the service's `others`. */
export function newTask(service: Service, others: readonly Task[]): Task {
  const id = randomUUID().replaceAll('-', '');
  const inZone = (zone: string) => others.filter((task) => task.availabilityZone === zone).length;
  const [zone = 'local-a'] = ZONES.toSorted((a, b) => inZone(a) - inZone(b));
  return {
    id,
    arn: `arn:aws:ecs:us-east-1:000000000000:task/${service.cluster.name}/${id}`,
    service,
    deployment: primaryOf(service),
    availabilityZone: zone,
    createdAtMs: Date.now(),
    tags: tagsOf(service),
    lastStatus: 'PENDING',
    desiredStatus: 'RUNNING',
    healthStatus: 'UNKNOWN',
  };
}

/** Its own, with those that ECS manages. A later change of the service's tags doesn't reach it. */
function tagsOf(service: Service): readonly Tag[] {
  const { propagateTags, enableECSManagedTags, cluster, name } = service;
  const propagated = {
    TASK_DEFINITION: primaryOf(service).taskDefinition.tags,
    SERVICE: service.tags,
    NONE: [],
  }[propagateTags];
  const managed = [
    { key: 'aws:ecs:clusterName', value: cluster.name },
    { key: 'aws:ecs:serviceName', value: name },
  ];
  return enableECSManagedTags ? [...managed, ...propagated] : propagated;
}

/** Why a task has stopped that nothing has asked to stop. */
export function whyStopped({ startedAtMs, deployment }: Task): readonly [StopCode, string] {
  if (startedAtMs !== undefined) return ['EssentialContainerExited', 'Essential container in task exited'];
  const [program] = deployment.taskDefinition.container.command;
  return ['TaskFailedToStart', `CannotStartContainerError: ${program} cannot be started`];
}
