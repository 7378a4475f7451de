import * as z from 'zod';
import { TASKS_PER_SERVICE } from '../../sim/aws/limits.ts';
import { EcsError } from './errors.ts';
import type { Cluster, Service, Task, TaskDefinition } from './model.ts';
import { setProtection } from './protection.ts';
import type { Scheduler } from './scheduler.ts';
import { clusterShape, protectionShape, serviceShape, taskDefinitionShape, taskShape } from './shapes.ts';

const ARN = 'arn:aws:ecs:us-east-1:000000000000';
const DEFAULT_CLUSTER = 'default';
/** Fargate's default. */
const DEFAULT_STOP_TIMEOUT_SECONDS = 30;

const name = z.string().min(1);
const clusterRef = name.default(DEFAULT_CLUSTER);
const minutes = z.int().min(1).max(2880);

/** The operations of the ECS API that the project uses. */
export function createOperations(scheduler: Scheduler) {
  const clusters = new Map<string, Cluster>();
  const taskDefinitions = new Map<string, TaskDefinition>();
  const services = new Map<string, Service>();
  let deployments = 0;

  return {
    CreateCluster: operation(z.object({ clusterName: clusterRef }), ({ clusterName }) => {
      const cluster = clusters.get(clusterName) ?? {
        name: clusterName,
        arn: `${ARN}:cluster/${clusterName}`,
      };
      clusters.set(clusterName, cluster);
      return { cluster: clusterShape(cluster) };
    }),

    RegisterTaskDefinition: operation(
      z.object({
        family: name,
        containerDefinitions: z
          .tuple([
            z.object({
              name,
              command: z.array(z.string()).min(1),
              environment: z.array(z.object({ name, value: z.string() })).default([]),
              stopTimeout: z.int().min(2).max(120).default(DEFAULT_STOP_TIMEOUT_SECONDS),
            }),
          ])
          .describe('one container, with a command'),
      }),
      ({ family, containerDefinitions: [container] }) => {
        const earlier = [...taskDefinitions.values()].filter((definition) => definition.family === family);
        const revision = earlier.length + 1;
        const definition: TaskDefinition = {
          arn: `${ARN}:task-definition/${family}:${revision}`,
          family,
          revision,
          container: {
            name: container.name,
            command: container.command,
            environment: Object.fromEntries(container.environment.map(({ name, value }) => [name, value])),
            stopTimeoutSeconds: container.stopTimeout,
          },
        };
        taskDefinitions.set(`${family}:${revision}`, definition);
        return { taskDefinition: taskDefinitionShape(definition) };
      },
    ),

    CreateService: operation(
      z.object({
        cluster: clusterRef,
        serviceName: name,
        taskDefinition: name,
        desiredCount: z.int().min(0).max(TASKS_PER_SERVICE).default(1),
      }),
      (input) => {
        const cluster = findCluster(input.cluster);
        const key = serviceKey(cluster, input.serviceName);
        if (services.has(key)) {
          throw new EcsError('InvalidParameterException', 'Creation of service was not idempotent.');
        }
        deployments += 1;
        const service: Service = {
          name: input.serviceName,
          arn: `${ARN}:service/${cluster.name}/${input.serviceName}`,
          cluster,
          taskDefinition: findTaskDefinition(input.taskDefinition),
          deploymentId: deploymentId(deployments),
          desiredCount: input.desiredCount,
        };
        services.set(key, service);
        scheduler.reconcile(service);
        return { service: serviceShape(service, scheduler.tasksOf(service)) };
      },
    ),

    // In ECS, other fields would start a deployment too. They aren't supported here, so they're rejected.
    UpdateService: operation(
      z.strictObject({
        cluster: clusterRef,
        service: name,
        desiredCount: z.int().min(0).max(TASKS_PER_SERVICE).optional(),
        taskDefinition: name.optional(),
      }),
      (input) => {
        const service = findService(input.cluster, input.service);
        service.desiredCount = input.desiredCount ?? service.desiredCount;
        if (input.taskDefinition !== undefined) {
          deployments += 1;
          service.taskDefinition = findTaskDefinition(input.taskDefinition);
          service.deploymentId = deploymentId(deployments);
        }
        scheduler.reconcile(service);
        return { service: serviceShape(service, scheduler.tasksOf(service)) };
      },
    ),

    DescribeServices: operation(
      z.object({ cluster: clusterRef, services: z.array(name).min(1).max(10) }),
      ({ cluster, services: names }) => {
        const found = names.map((service) => services.get(serviceKey(findCluster(cluster), service)));
        return {
          services: found
            .filter((service) => service !== undefined)
            .map((service) => serviceShape(service, scheduler.tasksOf(service))),
          failures: names
            .filter((_, index) => !found[index])
            .map((service) => ({ arn: `${ARN}:service/${cluster}/${service}`, reason: 'MISSING' })),
        };
      },
    ),

    ListTasks: operation(
      z.object({
        cluster: clusterRef,
        serviceName: name.optional(),
        desiredStatus: z.enum(['RUNNING', 'PENDING', 'STOPPED']).default('RUNNING'),
      }),
      ({ cluster, serviceName, desiredStatus }) => {
        const { arn } = findCluster(cluster);
        const service = serviceName === undefined ? undefined : findService(cluster, serviceName);
        return {
          taskArns: [...scheduler.tasks.values()]
            .filter((task) => task.service.cluster.arn === arn && task.desiredStatus === desiredStatus)
            .filter((task) => !service || task.service === service)
            .map((task) => task.arn),
        };
      },
    ),

    DescribeTasks: operation(
      z.object({ cluster: clusterRef, tasks: z.array(name).min(1).max(100) }),
      ({ cluster, tasks: refs }) => {
        const { found, missing } = findTasks(cluster, refs);
        return { tasks: found.map(taskShape), failures: missing };
      },
    ),

    StopTask: operation(
      z.object({ cluster: clusterRef, task: name, reason: z.string().default('Task stopped by user') }),
      ({ cluster, task: ref, reason }) => {
        const [task] = findTasks(cluster, [ref]).found;
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
        const { found, missing } = findTasks(cluster, refs);
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
        const { found, missing } = findTasks(cluster, refs);
        return { protectedTasks: found.map(protectionShape), failures: missing };
      },
    ),
  };

  function findCluster(ref: string): Cluster {
    const cluster = clusters.get(lastPart(ref));
    if (!cluster) throw new EcsError('ClusterNotFoundException', 'Cluster not found.');
    return cluster;
  }

  function findTaskDefinition(ref: string): TaskDefinition {
    const definition = taskDefinitions.get(lastPart(ref));
    if (!definition) throw new EcsError('ClientException', 'TaskDefinition not found.');
    return definition;
  }

  function findService(cluster: string, ref: string): Service {
    const service = services.get(serviceKey(findCluster(cluster), ref));
    if (!service) throw new EcsError('ServiceNotFoundException', 'Service not found.');
    return service;
  }

  function findTasks(cluster: string, refs: readonly string[]) {
    const { arn, name } = findCluster(cluster);
    const found: Task[] = [];
    const missing: { arn: string; reason: string }[] = [];
    for (const ref of refs) {
      const task = scheduler.tasks.get(lastPart(ref));
      if (task?.service.cluster.arn === arn) found.push(task);
      else missing.push({ arn: `${ARN}:task/${name}/${lastPart(ref)}`, reason: 'MISSING' });
    }
    return { found, missing };
  }
}

export type Operation = (input: unknown) => object;

/** Wraps an operation with ECS's input validation. */
function operation<Input extends z.ZodType>(
  input: Input,
  run: (input: z.output<Input>) => object,
): Operation {
  return (given) => {
    const parsed = input.safeParse(given);
    if (parsed.success) return run(parsed.data);
    const problems = parsed.error.issues.map(
      (issue) => `${issue.path.join('.') || 'input'}: ${issue.message}`,
    );
    throw new EcsError('InvalidParameterException', problems.join('; '));
  };
}

function deploymentId(number: number): string {
  return `ecs-svc/${String(number).padStart(19, '0')}`;
}

function serviceKey(cluster: Cluster, ref: string): string {
  return `${cluster.name}/${lastPart(ref)}`;
}

/** The API accepts an ARN or its last part. */
function lastPart(ref: string): string {
  return ref.split('/').at(-1) ?? ref;
}
