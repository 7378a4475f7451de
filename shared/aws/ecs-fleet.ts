import {
  DescribeServicesCommand,
  type ECSClient,
  UpdateServiceCommand,
  UpdateTaskProtectionCommand,
} from '@aws-sdk/client-ecs';
import type { Fleet } from '../ports.ts';

/** UpdateTaskProtection takes ten tasks a call. */
const PROTECTION_BATCH = 10;

/** The agents of a pool as an ECS service. */
export function ecsFleet(ecs: ECSClient, { cluster, service }: { cluster: string; service: string }): Fleet {
  return {
    async read() {
      const { services, failures } = await ecs.send(
        new DescribeServicesCommand({ cluster, services: [service] }),
      );
      const found = services?.[0];
      if (found?.status !== 'ACTIVE') {
        throw new Error(
          `ECS service ${service} in ${cluster}: ${failures?.[0]?.reason ?? found?.status ?? 'not found'}`,
        );
      }
      const { desiredCount, runningCount, pendingCount, taskDefinition } = found;
      if (desiredCount === undefined || runningCount === undefined || pendingCount === undefined) {
        throw new Error(`ECS service ${service} was described without its counts`);
      }
      return {
        desired: desiredCount,
        running: runningCount,
        pending: pendingCount,
        revision: taskDefinition?.split('/').at(-1) ?? '',
      };
    },

    /** Nothing but the count is sent: any other field may start a deployment. */
    async setDesiredCount(count) {
      await ecs.send(new UpdateServiceCommand({ cluster, service, desiredCount: count }));
    },

    async unprotect(ids) {
      const batches = Array.from({ length: Math.ceil(ids.length / PROTECTION_BATCH) }, (_, index) =>
        ids.slice(index * PROTECTION_BATCH, (index + 1) * PROTECTION_BATCH),
      );
      const answers = await Promise.all(
        batches.map((tasks) =>
          ecs.send(new UpdateTaskProtectionCommand({ cluster, tasks: [...tasks], protectionEnabled: false })),
        ),
      );
      return answers.flatMap(({ failures }) =>
        (failures ?? []).map(({ arn, reason }) => ({
          id: arn?.split('/').at(-1) ?? '',
          reason: reason ?? '',
        })),
      );
    },
  };
}
