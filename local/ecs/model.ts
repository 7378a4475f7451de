import type { Container, TaskProcess } from './task-process.ts';

/** The local ECS's data. Fields have the real API's names and values where it has them. */
export type Cluster = { readonly name: string; readonly arn: string };

export type TaskDefinition = {
  readonly arn: string;
  readonly family: string;
  readonly revision: number;
  readonly container: Container;
};

export type Service = {
  readonly name: string;
  readonly arn: string;
  readonly cluster: Cluster;
  /** The latest deployment's. ECS tasks of earlier deployments are replaced. */
  taskDefinition: TaskDefinition;
  deploymentId: string;
  desiredCount: number;
};

export type StopCode = 'ServiceSchedulerInitiated' | 'UserInitiated' | 'EssentialContainerExited';

export type Task = {
  readonly id: string;
  readonly arn: string;
  readonly service: Service;
  readonly taskDefinition: TaskDefinition;
  readonly availabilityZone: string;
  readonly createdAtMs: number;
  lastStatus: 'PENDING' | 'RUNNING' | 'STOPPING' | 'STOPPED';
  desiredStatus: 'RUNNING' | 'STOPPED';
  startedAtMs?: number;
  stoppingAtMs?: number;
  stoppedAtMs?: number;
  stopCode?: StopCode;
  stoppedReason?: string;
  exitCode?: number;
  /** When the scale-in protection expires. Absent if the task isn't protected. */
  protectedUntilMs?: number;
  process?: TaskProcess;
};
