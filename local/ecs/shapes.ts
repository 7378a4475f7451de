import {
  type Cluster,
  type Deployment,
  type Instance,
  primaryOf,
  type Service,
  type Task,
  type TaskDefinition,
} from './model.ts';
import { isProtected } from './stop-order.ts';

/** Responses in the shapes of the ECS API. Its JSON protocol has times in seconds since 1970. */
const seconds = (ms: number | undefined) => (ms === undefined ? undefined : ms / 1000);

export function clusterShape(cluster: Cluster) {
  return { clusterArn: cluster.arn, clusterName: cluster.name, status: 'ACTIVE' };
}

export function taskDefinitionShape({ arn, family, revision, container }: TaskDefinition) {
  return {
    taskDefinitionArn: arn,
    family,
    revision,
    status: 'ACTIVE',
    containerDefinitions: [
      {
        name: container.name,
        command: container.command,
        environment: Object.entries(container.environment).map(([name, value]) => ({ name, value })),
        essential: true,
        stopTimeout: container.stopTimeoutSeconds,
        healthCheck: container.healthCheck,
      },
    ],
  };
}

export function serviceShape(service: Service, tasks: readonly Task[]) {
  const { desiredCount } = service;
  const primary = primaryOf(service);
  const shown = service.deployments.filter((each) => each === primary || hasTasks(each, tasks));
  return {
    serviceArn: service.arn,
    serviceName: service.name,
    clusterArn: service.cluster.arn,
    status: 'ACTIVE',
    ...capacityShape(service),
    createdAt: seconds(service.createdAtMs),
    taskDefinition: primary.taskDefinition.arn,
    propagateTags: service.propagateTags,
    enableECSManagedTags: service.enableECSManagedTags,
    desiredCount,
    ...counts(tasks),
    deployments: shown.map((deployment) => {
      const own = tasks.filter((task) => task.deployment === deployment);
      const wanted = own.filter((task) => task.desiredStatus === 'RUNNING').length;
      return deployment === primary
        ? deploymentShape(deployment, 'PRIMARY', { desiredCount, ...counts(own) })
        : deploymentShape(deployment, 'ACTIVE', { desiredCount: wanted, ...counts(own) });
    }),
    events: service.events.map(({ id, atMs, message }) => ({ id, createdAt: seconds(atMs), message })),
  };
}

/** "If a capacityProviderStrategy is specified, the launchType parameter must be omitted." */
function capacityShape({ capacityProviderStrategy }: Service) {
  return capacityProviderStrategy.length > 0 ? { capacityProviderStrategy } : { launchType: 'FARGATE' };
}

function deploymentShape(
  { id, taskDefinition, createdAtMs, updatedAtMs, ...rollout }: Deployment,
  status: 'PRIMARY' | 'ACTIVE',
  counts: object,
) {
  return {
    id,
    status,
    taskDefinition: taskDefinition.arn,
    createdAt: seconds(createdAtMs),
    updatedAt: seconds(updatedAtMs),
    ...counts,
    ...rollout,
  };
}

/** "A service deployment that still has running tasks" is ACTIVE; one without is "completely replaced". */
function hasTasks(deployment: Deployment, tasks: readonly Task[]): boolean {
  return tasks.some((task) => task.deployment === deployment && task.lastStatus !== 'STOPPED');
}

function counts(tasks: readonly Task[]) {
  return {
    runningCount: tasks.filter((task) => task.lastStatus === 'RUNNING').length,
    pendingCount: tasks.filter((task) => task.lastStatus === 'PENDING').length,
  };
}

export function taskShape(task: Task) {
  return {
    taskArn: task.arn,
    clusterArn: task.service.cluster.arn,
    taskDefinitionArn: task.deployment.taskDefinition.arn,
    group: `service:${task.service.name}`,
    startedBy: task.deployment.id,
    availabilityZone: task.availabilityZone,
    lastStatus: task.lastStatus,
    desiredStatus: task.desiredStatus,
    healthStatus: task.healthStatus,
    launchType: launchTypeOf(task),
    containerInstanceArn: task.instance?.arn,
    createdAt: seconds(task.createdAtMs),
    startedAt: seconds(task.startedAtMs),
    stoppingAt: seconds(task.stoppingAtMs),
    stoppedAt: seconds(task.stoppedAtMs),
    stopCode: task.stopCode,
    stoppedReason: task.stoppedReason,
    containers: [
      {
        name: task.deployment.taskDefinition.container.name,
        lastStatus: task.lastStatus,
        healthStatus: task.healthStatus,
        exitCode: task.exitCode,
      },
    ],
  };
}

export function instanceShape({ arn, status }: Instance) {
  return { containerInstanceArn: arn, status };
}

export function launchTypeOf({ instance }: Task): 'EC2' | 'FARGATE' {
  return instance ? 'EC2' : 'FARGATE';
}

export function protectionShape(task: Task) {
  const enabled = isProtected(task, Date.now());
  return {
    taskArn: task.arn,
    protectionEnabled: enabled,
    expirationDate: enabled ? seconds(task.protectedUntilMs) : undefined,
  };
}

/** The event that ECS emits when a task changes. */
export function taskStateChange(task: Task) {
  return {
    source: 'aws.ecs',
    'detail-type': 'ECS Task State Change',
    detail: taskShape(task),
  };
}
