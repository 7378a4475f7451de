import * as z from 'zod';
import { EcsError } from './errors.ts';
import { clusterRef, include, name } from './inputs.ts';
import type { Task } from './model.ts';
import { operation } from './operation.ts';
import { setProtection } from './protection.ts';
import type { Registry } from './registry.ts';
import type { Scheduler } from './scheduler.ts';
import { protectionShape, taskShape } from './shapes.ts';

const minutes = z.int().min(1).max(2880);

/** The operations on tasks. */
export function createTaskOperations(registry: Registry, scheduler: Scheduler) {
  return {
    ListTasks: operation(
      z.object({
        cluster: clusterRef,
        serviceName: name.optional(),
        containerInstance: name.optional(),
        desiredStatus: z.enum(['RUNNING', 'PENDING', 'STOPPED']).default('RUNNING'),
      }),
      ({ cluster, serviceName, containerInstance, desiredStatus }) => {
        const { arn } = registry.cluster(cluster);
        const service = serviceName === undefined ? undefined : registry.service(cluster, serviceName);
        return {
          taskArns: [...scheduler.tasks.values()]
            .filter((task) => task.service.cluster.arn === arn && task.desiredStatus === desiredStatus)
            .filter((task) => !service || task.service === service)
            .filter((task) => containerInstance === undefined || task.instance?.arn === containerInstance)
            .map((task) => task.arn),
        };
      },
    ),

    DescribeTasks: operation(
      z.object({ cluster: clusterRef, tasks: z.array(name).min(1).max(100), include }),
      ({ cluster, tasks: refs, include }) => {
        const { found, missing } = registry.tasks(cluster, refs);
        const shape = (task: Task) => ({
          ...taskShape(task),
          ...(include.includes('TAGS') && { tags: task.tags }),
        });
        return { tasks: found.map(shape), failures: missing };
      },
    ),

    StopTask: operation(
      z.object({ cluster: clusterRef, task: name, reason: z.string().default('Task stopped by user') }),
      ({ cluster, task: ref, reason }) => {
        const [task] = registry.tasks(cluster, [ref]).found;
        if (!task) throw new EcsError('InvalidParameterException', 'The referenced task was not found.');
        scheduler.stop(task, 'UserInitiated', reason);
        return { task: taskShape(task) };
      },
    ),

    UpdateTaskProtection: operation(
      z.object({
        cluster: name,
        tasks: z.array(name).min(1).max(10),
        protectionEnabled: z.boolean(),
        expiresInMinutes: minutes.optional(),
      }),
      ({ cluster, tasks: refs, protectionEnabled, expiresInMinutes }) => {
        const { found, missing } = registry.tasks(cluster, refs);
        const results = found.map((task) => ({
          task,
          result: setProtection(scheduler, task, { enabled: protectionEnabled, expiresInMinutes }),
        }));
        return {
          protectedTasks: results
            .filter(({ result }) => result.kind === 'set')
            .map(({ task }) => protectionShape(task)),
          failures: [
            ...missing,
            ...results.flatMap(({ task, result }) =>
              result.kind === 'refused'
                ? [{ arn: task.arn, reason: result.reason, detail: result.detail }]
                : [],
            ),
          ],
        };
      },
    ),

    GetTaskProtection: operation(
      z.object({ cluster: name, tasks: z.array(name).min(1).max(100) }),
      ({ cluster, tasks: refs }) => {
        const { found, missing } = registry.tasks(cluster, refs);
        return { protectedTasks: found.map(protectionShape), failures: missing };
      },
    ),
  };
}
