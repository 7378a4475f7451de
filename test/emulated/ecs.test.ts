// Covers: local/ecs/server.ts, local/ecs/scheduler.ts, local/ecs/protection.ts, shared/aws/ecs-fleet.ts
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ClusterNotFoundException,
  CreateClusterCommand,
  CreateServiceCommand,
  DescribeServicesCommand,
  DescribeTasksCommand,
  ECSClient,
  InvalidParameterException,
  ListTasksCommand,
  RegisterTaskDefinitionCommand,
  ServiceNotFoundException,
  StopTaskCommand,
  type Task,
  UpdateServiceCommand,
  UpdateTaskProtectionCommand,
} from '@aws-sdk/client-ecs';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { type LocalEcs, startEcs } from '../../local/ecs/server.ts';
import { ecsFleet } from '../../shared/aws/ecs-fleet.ts';

/** The local ECS, called as the real one is: through the SDK. */
let logDirectory: string;
let ecs: LocalEcs;
let client: ECSClient;
let services = 0;
let service: string;
/** How long a service takes to notice that it has too many tasks. */
let noticesAfterMs = 1;

beforeAll(async () => {
  logDirectory = await mkdtemp(join(tmpdir(), 'agentpool-test-'));
  ecs = await startEcs({
    startDelayMs: 1,
    get scaleInDelayMs() {
      return noticesAfterMs;
    },
    workingDirectory: logDirectory,
    logDirectory,
    environment: {},
  });
  client = new ECSClient({
    endpoint: ecs.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  await client.send(new CreateClusterCommand({ clusterName: 'cluster' }));
  const command = ['node', '-e', 'setInterval(() => {}, 1000)'];
  const containerDefinitions = [{ name: 'agent', image: 'agent', command, stopTimeout: 2 }];
  await client.send(new RegisterTaskDefinitionCommand({ family: 'agents', containerDefinitions }));
});
afterAll(async () => {
  await ecs.close();
  await rm(logDirectory, { recursive: true });
});

beforeEach(async () => {
  services += 1;
  service = `service-${services}`;
  await create(2);
});

const create = (desiredCount: number) =>
  client.send(
    new CreateServiceCommand({
      cluster: 'cluster',
      serviceName: service,
      taskDefinition: 'agents:1',
      desiredCount,
    }),
  );
const resize = (desiredCount: number) =>
  client.send(new UpdateServiceCommand({ cluster: 'cluster', service, desiredCount }));
const protect = (tasks: readonly Task[], protectionEnabled = true) =>
  client.send(
    new UpdateTaskProtectionCommand({ cluster: 'cluster', tasks: tasks.map(arn), protectionEnabled }),
  );
const arn = (task: Task): string => task.taskArn ?? '';

async function list(desiredStatus: 'RUNNING' | 'STOPPED' = 'RUNNING'): Promise<Task[]> {
  const { taskArns = [] } = await client.send(
    new ListTasksCommand({ cluster: 'cluster', serviceName: service, desiredStatus }),
  );
  if (taskArns.length === 0) return [];
  const { tasks = [] } = await client.send(new DescribeTasksCommand({ cluster: 'cluster', tasks: taskArns }));
  return tasks;
}

/** Waits until `count` tasks are running. Returns them. */
async function running(count: number): Promise<Task[]> {
  return vi.waitFor(
    async () => {
      const tasks = (await list()).filter((task) => task.lastStatus === 'RUNNING');
      expect(tasks).toHaveLength(count);
      return tasks;
    },
    { timeout: 60_000 },
  );
}

test('a local service runs its desired count of processes', async () => {
  await running(2);
  await resize(3);
  await running(3);
  const { services: [described] = [] } = await client.send(
    new DescribeServicesCommand({ cluster: 'cluster', services: [service] }),
  );
  expect(described).toMatchObject({ status: 'ACTIVE', desiredCount: 3, runningCount: 3, pendingCount: 0 });
});

test('a local service stops only unprotected ECS tasks when its count is lowered', async () => {
  const [first, second] = (await running(2)) as [Task, Task];
  expect(await protect([first])).toMatchObject({
    protectedTasks: [{ protectionEnabled: true }],
    failures: [],
  });
  await resize(1);
  await vi.waitFor(async () => expect((await list('STOPPED'))[0]?.lastStatus).toBe('STOPPED'), {
    timeout: 60_000,
  });
  const [stopped] = await list('STOPPED');
  expect(stopped).toMatchObject({ taskArn: arn(second), stopCode: 'ServiceSchedulerInitiated' });
  expect((await list()).map(arn)).toEqual([arn(first)]);
});

test('protected ECS tasks run on after a scale-in until their protection is lifted', async () => {
  const [first, second] = (await running(2)) as [Task, Task];
  await protect([first, second]);
  await resize(0);
  await protect([first], false);
  await vi.waitFor(async () => expect((await list('STOPPED')).map(arn)).toEqual([arn(first)]), {
    timeout: 60_000,
  });
  expect((await list()).map(arn)).toEqual([arn(second)]);
});

test('protection is denied while more ECS tasks are protected than desired', async () => {
  const [first, second] = (await running(2)) as [Task, Task];
  noticesAfterMs = 3_600_000;
  await protect([first]);
  await resize(1);
  const refused = await protect([second]);
  noticesAfterMs = 1;
  expect(refused).toMatchObject({
    protectedTasks: [],
    failures: [{ arn: arn(second), reason: 'DEPLOYMENT_BLOCKED' }],
  });
});

test('an ECS task that exits or is stopped is replaced', async () => {
  const [first] = (await running(2)) as [Task, Task];
  await client.send(new StopTaskCommand({ cluster: 'cluster', task: arn(first), reason: 'a test' }));
  const after = await running(2);
  expect(after.map(arn)).not.toContain(arn(first));
  const stopped = (await list('STOPPED')).find((task) => arn(task) === arn(first));
  expect(stopped).toMatchObject({ stopCode: 'UserInitiated', stoppedReason: 'a test' });
});

test('the scaler lists unknown ECS tasks and stops them, protected or not', async () => {
  const [first, second] = (await running(2)) as [Task, Task];
  const fleet = ecsFleet(client, { cluster: 'cluster', service });
  const id = (task: Task) => arn(task).split('/').at(-1) ?? '';
  await protect([first]);
  const agentless = await fleet.tasks(new Set([id(second)]));
  expect(agentless).toEqual([{ id: id(first), startedAtMs: first.startedAt?.getTime() }]);
  await fleet.stop(id(first), 'agentpool: a test');
  expect((await running(2)).map(arn)).not.toContain(arn(first));
});

test('the local ECS returns the errors of the real API', async () => {
  const describe = (cluster: string) =>
    client.send(new DescribeServicesCommand({ cluster, services: ['none'] }));
  await expect(describe('none')).rejects.toBeInstanceOf(ClusterNotFoundException);
  expect(await describe('cluster')).toMatchObject({ services: [], failures: [{ reason: 'MISSING' }] });
  const update = (input: object) =>
    client.send(new UpdateServiceCommand({ cluster: 'cluster', service: 'none', desiredCount: 1, ...input }));
  await expect(update({})).rejects.toBeInstanceOf(ServiceNotFoundException);
  await expect(update({ desiredCount: -1 })).rejects.toBeInstanceOf(InvalidParameterException);
  await expect(update({ healthCheckGracePeriodSeconds: 1 })).rejects.toThrow('healthCheckGracePeriodSeconds');
});
