// Covers: local/ecs/health-check.ts, local/ecs/container.ts, local/ecs/deployments.ts
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HealthCheck } from '@aws-sdk/client-ecs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { soon, startTestEcs, type TestEcs } from './local-ecs.ts';

let ecs: TestEcs;
beforeAll(async () => {
  ecs = await startTestEcs();
});
afterAll(() => ecs.close());

const check = (command: string, changes: Partial<HealthCheck> = {}): HealthCheck => ({
  command: ['CMD-SHELL', command],
  interval: 5,
  timeout: 60,
  retries: 2,
  ...changes,
});
const started = async (healthCheck: HealthCheck, desiredCount = 1) =>
  ecs.create(await ecs.register({ healthCheck, environment: [{ name: 'MODE', value: 'good' }] }), {
    desiredCount,
  });

describe('the health of a container', () => {
  test.each([
    ['a shell command', (script: string) => ['CMD-SHELL', script]],
    ['a program', (script: string) => ['CMD', 'sh', '-c', script]],
  ])('a container is healthy once its check, %s in its environment, succeeds', async (what, command) => {
    const file = join(ecs.directory, `${what} succeeds`);
    const script = `[ "$MODE" = good ] && [ -e "${file}" ]`;
    const service = await started(check('', { command: command(script), startPeriod: 300 }));
    await service.running(1);
    expect(await service.tasks()).toMatchObject([{ healthStatus: 'UNKNOWN' }]);
    expect((await service.describe()).primary.rolloutState).toBe('IN_PROGRESS');
    await writeFile(file, '');
    await service.rolledOut('COMPLETED');
    expect(await service.tasks()).toMatchObject([
      { healthStatus: 'HEALTHY', containers: [{ healthStatus: 'HEALTHY' }] },
    ]);
  });

  test('the health of a container without a check is unknown', async () => {
    const service = await ecs.create(await ecs.register(), { desiredCount: 1 });
    await service.rolledOut('COMPLETED');
    expect(await service.tasks()).toMatchObject([{ healthStatus: 'UNKNOWN' }]);
  });

  test('an ECS task that turns unhealthy is stopped and replaced, and is no failure of a completed deployment', async () => {
    const file = join(ecs.directory, 'turns');
    await writeFile(file, 'good');
    const service = await started(check(`grep -q good ${file}`));
    await service.rolledOut('COMPLETED');
    const [first] = await service.tasks();
    await writeFile(file, 'bad');
    await soon(async () => {
      const stopped = await service.tasks('STOPPED');
      expect(stopped.find(({ taskArn }) => taskArn === first?.taskArn)).toMatchObject({
        healthStatus: 'UNHEALTHY',
        stopCode: 'ServiceSchedulerInitiated',
        stoppedReason: 'Task failed container health checks',
      });
    });
    await writeFile(file, 'good');
    const [second] = await service.running(1);
    expect(second?.taskArn).not.toBe(first?.taskArn);
    expect((await service.describe()).primary).toMatchObject({ failedTasks: 0, rolloutState: 'COMPLETED' });
  });

  test('a check that takes longer than its timeout has failed', async () => {
    const service = await started(check('sleep 1000', { timeout: 2, retries: 1 }));
    await soon(async () => expect((await service.tasks('STOPPED')).length).toBeGreaterThan(0));
    expect((await service.tasks('STOPPED'))[0]?.healthStatus).toBe('UNHEALTHY');
  });

  test('failures within the start period do not count', async () => {
    const times = join(ecs.directory, 'times');
    // Two failures, then success: more than the retries allow.
    const command = `echo x >> ${times}; [ $(wc -l < ${times}) -gt 2 ]`;
    const service = await started(check(command, { retries: 1, startPeriod: 300 }));
    await service.rolledOut('COMPLETED');
    expect(await service.tasks('STOPPED')).toEqual([]);
  });
});

describe('the deployment circuit breaker', () => {
  const breaker = (rollback: boolean) => ({
    deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback } },
  });
  const failing = () => ecs.register({ healthCheck: check('exit 1', { retries: 1 }) });

  test('a deployment whose ECS tasks fail their checks is rolled back, and is on record as failed', async () => {
    const service = await ecs.create(await ecs.register(), breaker(true));
    const { primary: good } = await service.rolledOut('COMPLETED');
    const before = await service.tasks();
    const { service: updated } = await service.update({ taskDefinition: await failing() });
    const bad = updated?.deployments?.[0]?.id;
    await soon(async () => {
      expect(await service.messages()).toContain(
        `(service ${service.name}) (deployment ${bad}) deployment failed: tasks failed to start.`,
      );
      expect((await service.describe()).primary).toMatchObject({ id: good.id, rolloutState: 'COMPLETED' });
    });
    expect(await service.messages()).toContain(
      `(service ${service.name}) rolling back to deployment ${good.id}.`,
    );
    // The tasks of the version before went on.
    expect((await service.running(2)).map(({ taskArn }) => taskArn)).toEqual(
      before.map(({ taskArn }) => taskArn),
    );
  });

  test('a failed deployment shows its reason, and stalls without a completed one', async () => {
    const service = await ecs.create(await failing(), breaker(true));
    const { primary } = await service.rolledOut('FAILED');
    expect(primary).toMatchObject({
      failedTasks: 3,
      rolloutStateReason: 'ECS deployment circuit breaker: tasks failed to start.',
    });
    await service.running(0);
    await service.update({ desiredCount: 5 });
    expect(await service.tasks()).toEqual([]);
  });

  test('a failed deployment that is not to be rolled back leaves the ECS tasks of the one before', async () => {
    const service = await ecs.create(await ecs.register(), breaker(false));
    await service.rolledOut('COMPLETED');
    const before = await service.running(2);
    await service.update({ taskDefinition: await failing() });
    await service.rolledOut('FAILED');
    expect((await service.running(2)).map(({ taskArn }) => taskArn)).toEqual(
      before.map(({ taskArn }) => taskArn),
    );
  });

  test('a container that cannot be started is a failure', async () => {
    const service = await ecs.create(await ecs.register({ command: ['/no/such/program'] }), breaker(true));
    await service.rolledOut('FAILED');
    expect((await service.tasks('STOPPED'))[0]).toMatchObject({
      stopCode: 'TaskFailedToStart',
      stoppedReason: expect.stringContaining('CannotStartContainerError'),
    });
  });

  test('an ECS task that exits by itself after its start is no failure', async () => {
    const service = await ecs.create(await ecs.register({ command: ['sleep', '0.01'] }), breaker(true));
    await soon(async () => expect((await service.tasks('STOPPED')).length).toBeGreaterThan(6));
    expect((await service.describe()).primary).toMatchObject({ failedTasks: 0 });
    await service.update({ desiredCount: 0 });
  });
});
