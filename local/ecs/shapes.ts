import type { Cluster, Service, Task, TaskDefinition } from './model.ts';
import { isProtected } from './scheduler.ts';

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
      },
    ],
  };
}

export function serviceShape(service: Service, tasks: readonly Task[]) {
  const counts = {
    desiredCount: service.desiredCount,
    runningCount: tasks.filter((task) => task.lastStatus === 'RUNNING').length,
    pendingCount: tasks.filter((task) => task.lastStatus === 'PENDING').length,
  };
  return {
    serviceArn: service.arn,
    serviceName: service.name,
    clusterArn: service.cluster.arn,
    status: 'ACTIVE',
    launchType: 'FARGATE',
    taskDefinition: service.taskDefinition.arn,
    ...counts,
    deployments: [
      { id: service.deploymentId, status: 'PRIMARY', taskDefinition: service.taskDefinition.arn, ...counts },
    ],
  };
}

export function taskShape(task: Task) {
  return {
    taskArn: task.arn,
    clusterArn: task.service.cluster.arn,
    taskDefinitionArn: task.taskDefinition.arn,
    group: `service:${task.service.name}`,
    startedBy: task.service.deploymentId,
    availabilityZone: task.availabilityZone,
    lastStatus: task.lastStatus,
    desiredStatus: task.desiredStatus,
    launchType: 'FARGATE',
    createdAt: seconds(task.createdAtMs),
    startedAt: seconds(task.startedAtMs),
    stoppingAt: seconds(task.stoppingAtMs),
    stoppedAt: seconds(task.stoppedAtMs),
    stopCode: task.stopCode,
    stoppedReason: task.stoppedReason,
    containers: [
      { name: task.taskDefinition.container.name, lastStatus: task.lastStatus, exitCode: task.exitCode },
    ],
  };
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
