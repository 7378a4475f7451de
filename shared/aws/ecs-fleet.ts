import {
  DescribeServicesCommand,
  DescribeTasksCommand,
  type ECSClient,
  ListTasksCommand,
  paginateListContainerInstances,
  paginateListTasks,
  type Service,
  StopTaskCommand,
  UpdateServiceCommand,
  UpdateTaskProtectionCommand,
} from '@aws-sdk/client-ecs';
import { MAX_VICTIMS } from '../core/observation.ts';
import type { Deployments, Fleet } from '../ports/fleet.ts';
import { primaryOf, readDeployment } from './ecs-deployment.ts';

/** UpdateTaskProtection accepts ten tasks per call. */
const PROTECTION_BATCH = 10;
/** DescribeTasks accepts a hundred tasks per call. */
const DESCRIBE_BATCH = 100;

/** Each takes a call. An instance refresh drains a share of a cluster at a time. */
const INSTANCES_AT_MOST = 200;

/** The agents of a pool as an ECS service. */
export function ecsFleet(
  ecs: ECSClient,
  { cluster, service }: { cluster: string; service: string },
): Fleet & Deployments {
  async function describe(): Promise<Service> {
    const { services, failures } = await ecs.send(
      new DescribeServicesCommand({ cluster, services: [service] }),
    );
    const found = services?.[0];
    if (found?.status === 'ACTIVE') return found;
    throw new Error(
      `ECS service ${service} in ${cluster}: ${failures?.[0]?.reason ?? found?.status ?? 'not found'}`,
    );
  }

  async function tasksOnDrainingInstances(): Promise<readonly string[]> {
    const draining: string[] = [];
    const pages = paginateListContainerInstances({ client: ecs }, { cluster, status: 'DRAINING' });
    for await (const { containerInstanceArns = [] } of pages) draining.push(...containerInstanceArns);
    const responses = await Promise.all(
      draining
        .slice(0, INSTANCES_AT_MOST)
        .map((containerInstance) =>
          ecs.send(new ListTasksCommand({ cluster, containerInstance, serviceName: service })),
        ),
    );
    return responses.flatMap(({ taskArns }) => (taskArns ?? []).map(lastPart)).slice(0, MAX_VICTIMS);
  }

  return {
    async read() {
      const found = await describe();
      const { desiredCount, runningCount, pendingCount, taskDefinition } = found;
      if (desiredCount === undefined || runningCount === undefined || pendingCount === undefined) {
        throw new Error(`ECS returned service ${service} without its counts`);
      }
      const deployedAt = primaryOf(found)?.createdAt;
      const leaving = runsOnInstances(found) ? await tasksOnDrainingInstances() : undefined;
      return {
        desired: desiredCount,
        running: runningCount,
        pending: pendingCount,
        revision: taskDefinition?.split('/').at(-1) ?? '',
        ...(deployedAt && { deployedAtMs: deployedAt.getTime() }),
        ...(leaving && { leaving }),
      };
    },

    /** Sends only the count, because any other field may start a deployment. */
    async setDesiredCount(count) {
      await ecs.send(new UpdateServiceCommand({ cluster, service, desiredCount: count }));
    },

    async deploy() {
      const { service: updated = {} } = await ecs.send(
        new UpdateServiceCommand({ cluster, service, forceNewDeployment: true }),
      );
      const { id, createdAt } = primaryOf(updated) ?? {};
      if (id === undefined || createdAt === undefined) {
        throw new Error(`ECS returned service ${service} without its new deployment`);
      }
      return { id, createdAtMs: createdAt.getTime() };
    },

    readDeployment: async (deployment) => readDeployment(await describe(), deployment),

    async unprotect(ids) {
      const responses = await Promise.all(
        inBatches(ids, PROTECTION_BATCH).map((tasks) =>
          ecs.send(new UpdateTaskProtectionCommand({ cluster, tasks, protectionEnabled: false })),
        ),
      );
      return responses.flatMap(({ failures }) =>
        (failures ?? []).map(({ arn, reason }) => ({ id: lastPart(arn), reason: reason ?? '' })),
      );
    },

    async tasks(except) {
      const ids: string[] = [];
      for await (const { taskArns } of paginateListTasks(
        { client: ecs },
        { cluster, serviceName: service },
      )) {
        ids.push(...(taskArns ?? []).map(lastPart).filter((id) => !except.has(id)));
      }
      const responses = await Promise.all(
        inBatches(ids, DESCRIBE_BATCH).map((tasks) => ecs.send(new DescribeTasksCommand({ cluster, tasks }))),
      );
      return responses
        .flatMap(({ tasks }) => tasks ?? [])
        .flatMap(({ taskArn, startedAt }) =>
          startedAt === undefined ? [] : [{ id: lastPart(taskArn), startedAtMs: startedAt.getTime() }],
        );
    },

    async stop(id, reason) {
      await ecs.send(new StopTaskCommand({ cluster, task: id, reason }));
    },
  };
}

function runsOnInstances({ capacityProviderStrategy = [] }: Service): boolean {
  return capacityProviderStrategy.some(({ capacityProvider }) => !capacityProvider?.startsWith('FARGATE'));
}

function inBatches<T>(values: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(values.length / size) }, (_, index) =>
    values.slice(index * size, (index + 1) * size),
  );
}

function lastPart(arn: string | undefined): string {
  return arn?.split('/').at(-1) ?? '';
}
