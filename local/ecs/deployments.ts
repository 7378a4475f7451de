import { randomUUID } from 'node:crypto';
import {
  type Deployment,
  isHealthy,
  primaryOf,
  type Service,
  type Task,
  type TaskDefinition,
} from './model.ts';

/** "A minimum threshold of 3 and a maximum threshold of 200", between them "0.5 * desired task count". */
const LEAST_FAILURES = 3;
const MOST_FAILURES = 200;

/** As many events as DescribeServices returns: "A maximum of 100 events are displayed". */
const EVENTS = 100;

let started = 0;

export function newDeployment(taskDefinition: TaskDefinition): Deployment {
  started += 1;
  const id = `ecs-svc/${String(started).padStart(19, '0')}`;
  const nowMs = Date.now();
  return {
    id,
    taskDefinition,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
    failedTasks: 0,
    rolloutState: 'IN_PROGRESS',
    rolloutStateReason: `ECS deployment ${id} in progress.`,
  };
}

/** Makes a deployment the PRIMARY one. Those before it stay while they have tasks, or could be rolled back to. */
export function deploy(service: Service, deployment: Deployment): void {
  const others = service.deployments.filter((each) => each !== deployment);
  service.deployments = [deployment, ...others];
}

/**
 * Counts a failure: "A task is considered a failure if the service scheduler can't launch the task, the task doesn't
 * transition to a RUNNING state, or if it fails any of its defined health checks and is stopped." A task that exits by
 * itself is none.
 */
export function taskFailed({ service, deployment }: Task): void {
  if (deployment.rolloutState !== 'IN_PROGRESS') return;
  deployment.failedTasks += 1;
  const { circuitBreaker } = service;
  if (circuitBreaker.kind === 'disabled' || deployment !== primaryOf(service)) return;
  if (deployment.failedTasks < failuresAllowed(service.desiredCount)) return;
  change(deployment, 'FAILED', 'ECS deployment circuit breaker: tasks failed to start.');
  emit(service, `(deployment ${deployment.id}) deployment failed: tasks failed to start.`);
  if (circuitBreaker.rollback) rollBack(service);
}

/** "Once a service deployment has one or more successfully running tasks, the failed task count resets to zero." */
export function taskSucceeded({ deployment }: Task): void {
  if (deployment.rolloutState === 'IN_PROGRESS') deployment.failedTasks = 0;
}

/** Completes the PRIMARY deployment once all its tasks are healthy and none of another deployment is left. */
export function completeIfDone(service: Service, wanted: readonly Task[]): void {
  const primary = primaryOf(service);
  if (primary.rolloutState !== 'IN_PROGRESS' || wanted.length !== service.desiredCount) return;
  if (!wanted.every((task) => task.deployment === primary && isHealthy(task))) return;
  change(primary, 'COMPLETED', `ECS deployment ${primary.id} completed.`);
  // The others are INACTIVE now, "completely replaced".
  service.deployments = [primary];
  emit(service, `(deployment ${primary.id}) deployment completed.`);
  emit(service, 'has reached a steady state.');
}

/**
 * "It looks for the most recent deployment that is in a COMPLETED state. […] When the rollback starts, the deployment
 * changes from a COMPLETED to IN_PROGRESS. This means that the deployment is not eligible for another rollback until it
 * reaches a COMPLETED state." Without one, "the circuit breaker does not launch new tasks and the deployment is
 * stalled".
 */
function rollBack(service: Service): void {
  const last = service.deployments.find(({ rolloutState }) => rolloutState === 'COMPLETED');
  if (!last) return;
  last.failedTasks = 0;
  change(last, 'IN_PROGRESS', `ECS deployment circuit breaker: rolling back to deploymentId ${last.id}.`);
  deploy(service, last);
  emit(service, `rolling back to deployment ${last.id}.`);
}

function failuresAllowed(desiredCount: number): number {
  return Math.min(MOST_FAILURES, Math.max(LEAST_FAILURES, Math.ceil(0.5 * desiredCount)));
}

function change(deployment: Deployment, state: Deployment['rolloutState'], reason: string): void {
  deployment.rolloutState = state;
  deployment.rolloutStateReason = reason;
  deployment.updatedAtMs = Date.now();
}

function emit(service: Service, what: string): void {
  const event = { id: randomUUID(), atMs: Date.now(), message: `(service ${service.name}) ${what}` };
  service.events = [event, ...service.events].slice(0, EVENTS);
}
