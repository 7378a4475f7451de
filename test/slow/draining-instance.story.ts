// Covers: shared/aws/ecs-fleet.ts, shared/aws/ecs-task.ts, shared/core/summarize-agents.ts, agent/ecs-endpoints.ts, agent/launch-time.ts, local/ecs/instances.ts, local/ecs/instance-operations.ts
import {
  DescribeTasksCommand,
  UpdateContainerInstancesStateCommand,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs';
import { expect, test } from 'vitest';
import { ecsClient } from '../../shared/aws/clients.ts';
import { deployedPool } from '../emulated/deployed-pool.ts';

const { stack, soon, agents, send, describeService, settled } = deployedPool();

async function instancesOf(ids: readonly string[]) {
  const { clusterName: cluster } = stack().stack.outputs;
  const { tasks = [] } = await ecsClient().send(new DescribeTasksCommand({ cluster, tasks: [...ids] }));
  return tasks.map(({ containerInstanceArn, createdAt }) => ({ instance: containerInstanceArn, createdAt }));
}

test('agents on an instance that drains are replaced as new ones get ready, and finish their tasks', async () => {
  const ecs = ecsClient();
  const { clusterName: cluster } = stack().stack.outputs;
  await settled();
  await ecs.send(
    new UpdateServiceCommand({
      cluster,
      service: stack().pool.service,
      capacityProviderStrategy: [{ capacityProvider: 'machines', weight: 1 }],
      forceNewDeployment: true,
    }),
  );
  await soon(async () => expect((await describeService()).deployments).toHaveLength(1));
  const before = await settled();
  const placed = await instancesOf(before);
  const [{ instance: draining } = { instance: undefined }] = placed;
  // Packed.
  expect(placed.map(({ instance }) => instance)).toEqual([draining, draining]);
  const launched = (await agents('ready')).map(({ launchedAtMs }) => launchedAtMs);
  expect(launched.toSorted()).toEqual(placed.map(({ createdAt }) => createdAt?.getTime()).toSorted());

  const long = await send(6);
  await soon(async () => expect(await agents('busy')).toHaveLength(1));
  await ecs.send(
    new UpdateContainerInstancesStateCommand({
      cluster,
      containerInstances: [draining ?? ''],
      status: 'DRAINING',
    }),
  );
  expect(await stack().client.waitForTask(long, 60_000)).toMatchObject({
    status: 'done',
    record: { attempts: 1 },
  });
  await soon(async () => {
    const after = await settled();
    expect(after.filter((id) => before.includes(id))).toEqual([]);
    expect(await instancesOf(after)).toHaveLength(2);
  });
  expect((await instancesOf(await settled())).map(({ instance }) => instance)).not.toContain(draining);
});
