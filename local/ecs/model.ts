import type { Container, TaskProcess } from './task-process.ts';

/** The local ECS's data. Fields have the real API's names and values where it has them. */
export type Cluster = { readonly name: string; readonly arn: string };

export type Tag = { readonly key: string; readonly value: string };

export type TaskDefinition = {
  readonly arn: string;
  readonly family: string;
  readonly revision: number;
  readonly container: Container;
  readonly tags: readonly Tag[];
};

/** A provider other than Fargate's has instances. */
export type CapacityProviderStrategy = readonly {
  readonly capacityProvider: string;
  readonly weight: number;
  readonly base: number;
}[];

export type Instance = {
  readonly arn: string;
  readonly clusterArn: string;
  status: 'ACTIVE' | 'DRAINING';
};

export type Service = {
  readonly name: string;
  readonly arn: string;
  readonly cluster: Cluster;
  readonly createdAtMs: number;
  readonly tags: readonly Tag[];
  /** Where the tags of its tasks come from. */
  readonly propagateTags: 'TASK_DEFINITION' | 'SERVICE' | 'NONE';
  readonly enableECSManagedTags: boolean;
  desiredCount: number;
  /** Empty: Fargate. */
  capacityProviderStrategy: CapacityProviderStrategy;
  circuitBreaker: CircuitBreaker;
  /** The PRIMARY deployment first, then those that it replaces. */
  deployments: readonly [Deployment, ...Deployment[]];
  /** What the service did, newest first. */
  events: readonly ServiceEvent[];
};

export type CircuitBreaker =
  | { readonly kind: 'disabled' }
  /** Without a rollback, a deployment that fails stalls. */
  | { readonly kind: 'enabled'; readonly rollback: boolean };

export type Deployment = {
  readonly id: string;
  readonly taskDefinition: TaskDefinition;
  readonly createdAtMs: number;
  updatedAtMs: number;
  /** Consecutive failures. */
  failedTasks: number;
  rolloutState: 'IN_PROGRESS' | 'COMPLETED' | 'FAILED';
  rolloutStateReason: string;
};

export type ServiceEvent = { readonly id: string; readonly atMs: number; readonly message: string };

export type StopCode =
  | 'ServiceSchedulerInitiated'
  | 'UserInitiated'
  | 'EssentialContainerExited'
  | 'TaskFailedToStart';

export type HealthStatus = 'UNKNOWN' | 'HEALTHY' | 'UNHEALTHY';

export type Task = {
  readonly id: string;
  readonly arn: string;
  readonly service: Service;
  readonly deployment: Deployment;
  readonly availabilityZone: string;
  readonly createdAtMs: number;
  readonly tags: readonly Tag[];
  lastStatus: 'PENDING' | 'RUNNING' | 'STOPPING' | 'STOPPED';
  desiredStatus: 'RUNNING' | 'STOPPED';
  /** UNKNOWN without a health check. */
  healthStatus: HealthStatus;
  startedAtMs?: number;
  stoppingAtMs?: number;
  stoppedAtMs?: number;
  stopCode?: StopCode;
  stoppedReason?: string;
  exitCode?: number;
  /** Absent on Fargate. */
  instance?: Instance;
  /** When the scale-in protection expires. Absent if the task isn't protected. */
  protectedUntilMs?: number;
  process?: TaskProcess;
};

/** "The most recent deployment of a service", or the one that a failed deployment was rolled back to. */
export function primaryOf({ deployments }: Service): Deployment {
  return deployments[0];
}

export function isOnInstances({ capacityProviderStrategy }: Service): boolean {
  return capacityProviderStrategy.some(({ capacityProvider }) => !capacityProvider.startsWith('FARGATE'));
}

/** Whether it counts towards the healthy tasks of a service: a health check has passed, if there is one. */
export function isHealthy({ lastStatus, healthStatus, deployment }: Task): boolean {
  const hasCheck = deployment.taskDefinition.container.healthCheck !== undefined;
  return lastStatus === 'RUNNING' && (!hasCheck || healthStatus === 'HEALTHY');
}
