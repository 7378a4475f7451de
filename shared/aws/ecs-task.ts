import { DescribeTasksCommand, type ECSClient } from '@aws-sdk/client-ecs';

/** When ECS accepted a task: before it was placed, on an instance that there may not have been yet. */
export async function taskCreatedAtMs(
  ecs: ECSClient,
  { cluster, id }: { readonly cluster: string; readonly id: string },
): Promise<number> {
  const { tasks, failures } = await ecs.send(new DescribeTasksCommand({ cluster, tasks: [id] }));
  const createdAt = tasks?.[0]?.createdAt;
  if (createdAt === undefined) throw new Error(`ECS task ${id}: ${failures?.[0]?.reason ?? 'not found'}`);
  return createdAt.getTime();
}
