import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type ContainerDefinition,
  CreateClusterCommand,
  CreateServiceCommand,
  type CreateServiceCommandInput,
  type Deployment,
  DescribeServicesCommand,
  DescribeTasksCommand,
  ECSClient,
  ListTasksCommand,
  RegisterTaskDefinitionCommand,
  type Service,
  type Task,
  UpdateServiceCommand,
  type UpdateServiceCommandInput,
  UpdateTaskProtectionCommand,
} from '@aws-sdk/client-ecs';
import { expect, vi } from 'vitest';
import { type EcsOptions, startEcs } from '../../local/ecs/server.ts';

/** A local ECS for one test file, called as the real one is: through the SDK. A second of a health check is 20 ms. */
export async function startTestEcs(options: Partial<EcsOptions> = {}) {
  const directory = await mkdtemp(join(tmpdir(), 'agentpool-test-'));
  const ecs = await startEcs({
    startDelayMs: 1,
    scaleInDelayMs: 1,
    healthCheckSecondMs: 20,
    workingDirectory: directory,
    logDirectory: directory,
    environment: {},
    ...options,
  });
  const client = new ECSClient({
    endpoint: ecs.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  await client.send(new CreateClusterCommand({ clusterName: 'cluster' }));
  let created = 0;
  return {
    client,
    directory,
    scheduler: ecs.scheduler,

    /** Registers a definition whose only container sleeps. Returns it as `family:revision`. */
    async register(container: Partial<ContainerDefinition> = {}): Promise<string> {
      const { taskDefinition } = await client.send(
        new RegisterTaskDefinitionCommand({
          family: 'agents',
          containerDefinitions: [
            { name: 'agent', image: 'agent', command: ['sleep', '1000'], stopTimeout: 2, ...container },
          ],
        }),
      );
      return `agents:${taskDefinition?.revision}`;
    },

    async create(taskDefinition: string, input: Partial<CreateServiceCommandInput> = {}) {
      created += 1;
      const serviceName = `service-${created}`;
      await client.send(
        new CreateServiceCommand({
          cluster: 'cluster',
          serviceName,
          taskDefinition,
          desiredCount: 2,
          ...input,
        }),
      );
      return serviceOf(client, serviceName);
    },

    async close() {
      await ecs.close();
      await rm(directory, { recursive: true });
    },
  };
}

export type TestEcs = Awaited<ReturnType<typeof startTestEcs>>;

function serviceOf(client: ECSClient, name: string) {
  const within = { cluster: 'cluster', service: name };
  async function describe(): Promise<Service & { readonly primary: Deployment }> {
    const { services: [found] = [] } = await client.send(
      new DescribeServicesCommand({ cluster: 'cluster', services: [name], include: ['TAGS'] }),
    );
    const primary = found?.deployments?.find(({ status }) => status === 'PRIMARY');
    if (!found || !primary) throw new Error(`service ${name} has no PRIMARY deployment`);
    return { ...found, primary };
  }

  async function tasks(desiredStatus: 'RUNNING' | 'STOPPED' = 'RUNNING'): Promise<readonly Task[]> {
    const { taskArns = [] } = await client.send(
      new ListTasksCommand({ cluster: 'cluster', serviceName: name, desiredStatus }),
    );
    if (taskArns.length === 0) return [];
    const { tasks: found = [] } = await client.send(
      new DescribeTasksCommand({ cluster: 'cluster', tasks: taskArns, include: ['TAGS'] }),
    );
    return found;
  }

  return {
    name,
    describe,
    tasks,
    update: (input: Partial<UpdateServiceCommandInput>) =>
      client.send(new UpdateServiceCommand({ ...within, ...input })),
    protect: (protectedTasks: readonly Task[], protectionEnabled = true) =>
      client.send(
        new UpdateTaskProtectionCommand({
          cluster: 'cluster',
          tasks: protectedTasks.map(({ taskArn = '' }) => taskArn),
          protectionEnabled,
        }),
      ),
    /** Waits until the service has the number of running tasks, and nothing else. Returns them. */
    running: (count: number) =>
      soon(async () => {
        const found = await tasks();
        expect(found.map(({ lastStatus }) => lastStatus)).toEqual(Array(count).fill('RUNNING'));
        return found;
      }),
    /** Waits until the PRIMARY deployment is in the state. Returns the service. */
    rolledOut: (state: 'COMPLETED' | 'FAILED' | 'IN_PROGRESS') =>
      soon(async () => {
        const found = await describe();
        expect(found.primary.rolloutState).toBe(state);
        return found;
      }),
    messages: async () => (await describe()).events?.map(({ message }) => message) ?? [],
  };
}

export type TestService = ReturnType<typeof serviceOf>;

/** Waits until it holds. */
export const soon = <T>(holds: () => Promise<T>): Promise<T> => vi.waitFor(holds, { timeout: 60_000 });
