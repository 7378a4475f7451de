import type { Container, TaskProcess } from './task-process.ts';

/** What the local ECS knows. Names and values of fields are those of the real API where it has them. */
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
  /** That of the latest deployment; tasks of an earlier one are replaced. */
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
  /** Protected from scale-in until then; absent when it is not protected. */
  protectedUntilMs?: number;
  process?: TaskProcess;
};
