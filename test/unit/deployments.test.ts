// Covers: local/ecs/deployments.ts
import { expect, test } from 'vitest';
import { deploy, newDeployment, taskFailed, taskSucceeded } from '../../local/ecs/deployments.ts';
import type { Service, Task, TaskDefinition } from '../../local/ecs/model.ts';

/** The deployment circuit breaker of the local ECS, without processes. */
const definition = { arn: 'agents:1', family: 'agents', revision: 1 } as TaskDefinition;
const serviceOf = (desiredCount: number) =>
  ({
    name: 'test',
    desiredCount,
    circuitBreaker: { kind: 'enabled', rollback: true },
    deployments: [newDeployment(definition)],
    events: [],
  }) as unknown as Service;
const taskOf = (service: Service) => ({ service, deployment: service.deployments[0] }) as Task;

test.each([
  [0, 3],
  [1, 3],
  [6, 3],
  [7, 4],
  [100, 50],
  [400, 200],
  [5_000, 200],
])('a deployment of %i ECS tasks fails after %i consecutive failures', (desired, failures) => {
  const service = serviceOf(desired);
  const task = taskOf(service);
  for (let count = 1; count < failures; count++) taskFailed(task);
  expect(task.deployment.rolloutState).toBe('IN_PROGRESS');
  taskFailed(task);
  expect(task.deployment).toMatchObject({ rolloutState: 'FAILED', failedTasks: failures });
});

test('an ECS task that becomes healthy resets the count of failures', () => {
  const task = taskOf(serviceOf(1));
  taskFailed(task);
  taskFailed(task);
  taskSucceeded(task);
  taskFailed(task);
  expect(task.deployment).toMatchObject({ rolloutState: 'IN_PROGRESS', failedTasks: 1 });
});

test('a deployment that was rolled back to cannot be rolled back to again before it is completed', () => {
  const service = serviceOf(1);
  const [good] = service.deployments;
  good.rolloutState = 'COMPLETED';
  const bad = newDeployment(definition);
  deploy(service, bad);
  const fail = (deployment: Task['deployment']) => {
    for (let count = 0; count < 3; count++) taskFailed({ service, deployment } as Task);
  };
  fail(bad);
  expect(service.deployments).toEqual([good, bad]);
  expect(good).toMatchObject({
    rolloutState: 'IN_PROGRESS',
    rolloutStateReason: `ECS deployment circuit breaker: rolling back to deploymentId ${good.id}.`,
  });
  fail(good);
  expect(service.deployments.map(({ rolloutState }) => rolloutState)).toEqual(['FAILED', 'FAILED']);
});
