// Covers: local/ecs/placement.ts, local/ecs/new-task.ts, local/ecs/service-operations.ts
import { InvalidParameterException } from '@aws-sdk/client-ecs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { soon, startTestEcs, type TestEcs } from './local-ecs.ts';

let ecs: TestEcs;
let definition: string;
beforeAll(async () => {
  ecs = await startTestEcs();
  definition = await ecs.register();
});
afterAll(() => ecs.close());

describe('capacity that an account lacks', () => {
  test('ECS tasks without capacity stay pending while others are placed, until there is some', async () => {
    const service = await ecs.create(definition, { desiredCount: 0 });
    ecs.scheduler.withhold(service.name, 2);
    await service.update({ desiredCount: 3 });
    await soon(async () =>
      expect(await service.describe()).toMatchObject({
        desiredCount: 3,
        runningCount: 1,
        pendingCount: 2,
      }),
    );
    ecs.scheduler.withhold(service.name, 0);
    await service.running(3);
  });

  test('ECS tasks without capacity can be scaled in', async () => {
    const service = await ecs.create(definition, { desiredCount: 0 });
    ecs.scheduler.withhold(service.name, 1);
    await service.update({ desiredCount: 1 });
    await soon(async () => expect(await service.describe()).toMatchObject({ pendingCount: 1 }));
    await service.update({ desiredCount: 0 });
    await soon(async () => expect(await service.describe()).toMatchObject({ pendingCount: 0 }));
  });
});

test('an account that has never used ECS has no service-linked role, and creates no service', async () => {
  const fresh = await startTestEcs({ serviceLinkedRole: 'missing' });
  try {
    const creation = fresh.create(await fresh.register());
    await expect(creation).rejects.toBeInstanceOf(InvalidParameterException);
    await expect(creation).rejects.toThrow(
      'Unable to assume the service linked role. Please verify that the ECS service linked role exists.',
    );
  } finally {
    await fresh.close();
  }
});

describe('tags', () => {
  const tags = [{ key: 'pool', value: 'support' }];
  const managed = (name: string) => [
    { key: 'aws:ecs:clusterName', value: 'cluster' },
    { key: 'aws:ecs:serviceName', value: name },
  ];

  test('ECS tasks have the tags of their service, and those that ECS manages', async () => {
    const service = await ecs.create(definition, {
      tags,
      propagateTags: 'SERVICE',
      enableECSManagedTags: true,
    });
    expect(await service.describe()).toMatchObject({ tags, propagateTags: 'SERVICE' });
    const [task] = await service.running(2);
    expect(task?.tags).toEqual([...managed(service.name), ...tags]);
  });

  test('ECS tasks have no tags unless they are propagated', async () => {
    const service = await ecs.create(definition, { tags });
    const [task] = await service.running(2);
    expect(task?.tags).toEqual([]);
  });
});
