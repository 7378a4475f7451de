// Covers: local/ecs/deployments.ts, local/ecs/service-operations.ts, local/ecs/shapes.ts
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { soon, startTestEcs, type TestEcs, type TestService } from './local-ecs.ts';

let ecs: TestEcs;
let definition: string;
let service: TestService;
beforeAll(async () => {
  ecs = await startTestEcs();
  definition = await ecs.register();
});
beforeEach(async () => {
  service = await ecs.create(definition);
  await service.rolledOut('COMPLETED');
});
afterAll(() => ecs.close());

const startedBy = async () => new Set((await service.tasks()).map((task) => task.startedBy));

describe('a deployment of the local ECS', () => {
  test('a service is created with a deployment, which is completed when its desired count runs', async () => {
    const { primary, deployments, events } = await service.describe();
    expect(deployments).toHaveLength(1);
    expect(primary).toMatchObject({
      taskDefinition: expect.stringMatching(/task-definition\/agents:1$/),
      createdAt: expect.any(Date),
      updatedAt: expect.any(Date),
      desiredCount: 2,
      runningCount: 2,
      pendingCount: 0,
      failedTasks: 0,
      rolloutStateReason: `ECS deployment ${primary.id} completed.`,
    });
    expect(await startedBy()).toEqual(new Set([primary.id]));
    expect(events?.[0]?.message).toBe(`(service ${service.name}) has reached a steady state.`);
  });

  test('a change of the desired count starts no deployment', async () => {
    const before = await service.describe();
    await service.update({ desiredCount: 3 });
    await service.running(3);
    const { primary, deployments } = await service.describe();
    expect(deployments).toHaveLength(1);
    expect(primary).toMatchObject({ id: before.primary.id, desiredCount: 3, rolloutState: 'COMPLETED' });
  });

  test.each([
    ['forced', async () => ({ forceNewDeployment: true })],
    ['with the task definition in use', async () => ({ taskDefinition: definition })],
    ['with another task definition', async () => ({ taskDefinition: await ecs.register() })],
  ])('an update that is %s starts a deployment, which replaces every ECS task', async (_case, input) => {
    const before = await service.tasks();
    const old = await service.describe();
    await service.update(await input());
    const { primary } = await service.rolledOut('COMPLETED');
    expect(primary.id).not.toBe(old.primary.id);
    expect(primary.createdAt?.getTime()).toBeGreaterThanOrEqual(old.primary.createdAt?.getTime() ?? 0);
    const after = await service.running(2);
    expect(after.filter(({ taskArn }) => before.some((each) => each.taskArn === taskArn))).toEqual([]);
    expect(await startedBy()).toEqual(new Set([primary.id]));
  });

  test('a deployment is in progress as long as a protected ECS task of the one before runs', async () => {
    const [kept, other] = await service.tasks();
    if (!kept || !other) throw new Error('two ECS tasks are expected');
    await service.protect([kept]);
    const old = await service.describe();
    await service.update({ forceNewDeployment: true });
    await soon(async () => {
      const { deployments } = await service.describe();
      expect(deployments).toMatchObject([
        { status: 'PRIMARY', desiredCount: 2, runningCount: 2, rolloutState: 'IN_PROGRESS' },
        { status: 'ACTIVE', id: old.primary.id, desiredCount: 1, runningCount: 1 },
      ]);
    });
    await service.protect([kept], false);
    expect((await service.rolledOut('COMPLETED')).deployments).toHaveLength(1);
  });
});
