import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import {
  CloudWatchClient,
  PutMetricAlarmCommand,
  PutMetricDataCommand,
  SetAlarmStateCommand,
} from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient, DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import {
  DynamoDBClient,
  GetItemCommand,
  ListTablesCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
} from '@aws-sdk/client-dynamodb';
import {
  DescribeClustersCommand,
  DescribeServicesCommand,
  ECSClient,
  ListTasksCommand,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
  StopTaskCommand,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs';
import { IAMClient, ListRolesCommand } from '@aws-sdk/client-iam';
import { GetFunctionConfigurationCommand, LambdaClient, ListFunctionsCommand } from '@aws-sdk/client-lambda';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListBucketsCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import {
  DeleteMessageCommand,
  ListQueuesCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { STSClient } from '@aws-sdk/client-sts';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run } from '../../cli/run.ts';
import { findStack } from '../../cli/stack.ts';
import { deployedSource } from '../../console/deployed/deployed-source.ts';
import { type LocalFunction, startFunction } from '../../local/lambda/local-function.ts';
import { dynamoOverrides } from '../../shared/aws/dynamo-overrides.ts';
import { dynamoPoolStore } from '../../shared/aws/dynamo-pool-store.ts';
import type { PoolInput } from '../../shared/core/pool/config.ts';
import { instance } from '../unit/build.ts';
import { assume, type Credentials, createAdministrator, environmentFor } from './aws.ts';
import {
  cdk,
  type DeployedResource,
  resourcesOf,
  scratch,
  synthesizeForMoto,
  unpackFunction,
} from './deployment.ts';
import { type Gate, startGate } from './gate.ts';
import { type MotoServer, startMoto } from './moto-server.ts';

/** The stack as a user deploys it, into moto: what its functions do under their roles, and what those may not do. */
const POOL = {
  name: 'echo',
  handler: './agent/handlers/echo.ts',
  min: 1,
  max: 8,
  // One look for each call of the function.
  tickSeconds: 60,
  policies: ['utilization', 'backlog'],
  scaleInStabilizationSeconds: 0,
} satisfies PoolInput;
const ANYBODY: Credentials = { accessKeyId: 'test', secretAccessKey: 'test' };

let moto: MotoServer;
let gate: Gate;
let assembly: string;
let resources: readonly DeployedResource[];
let administrator: Credentials;
const roles = new Map<string, Credentials>();
const functions = new Map<string, LocalFunction>();

const find = (type: string, part: string) => {
  const found = resources.find((each) => each.type === type && each.logicalId.includes(part));
  if (!found) throw new Error(`no ${type} ${part} was deployed`);
  return found;
};
const physical = (type: string, part: string) => find(type, part).physicalId;

/** A client with a role's credentials, through the gate; or the administrator's. */
function as<Client>(Client: new (config: object) => Client, role: string | Credentials): Client {
  const credentials = typeof role === 'string' ? roles.get(role) : role;
  return new Client({
    endpoint: gate.endpoint,
    region: 'us-east-1',
    credentials,
    forcePathStyle: true,
    useQueueUrlAsEndpoint: false,
    maxAttempts: 1,
  });
}
const motoAsks = (who: boolean) =>
  fetch(`${moto.endpoint}/moto-api/reset-auth`, { method: 'POST', body: who ? '0' : 'inf' });

beforeAll(async () => {
  moto = await startMoto();
  gate = await startGate(moto);
  const environment = environmentFor(moto.endpoint, ANYBODY);
  assembly = await synthesizeForMoto(environment, [POOL]);
  await cdk(environment, 'bootstrap');
  await cdk(environment, 'deploy', '--app', assembly, '--require-approval', 'never');
  const admin = { endpoint: moto.endpoint, region: 'us-east-1', credentials: ANYBODY };
  resources = await resourcesOf(new CloudFormationClient(admin));
  const iam = new IAMClient(admin);
  administrator = await createAdministrator(iam);
  const sts = new STSClient(admin);
  for (const [name, part] of [
    ['scale', 'ScalerRole'],
    ['reconcile', 'ReconcilerRole'],
    ['compact', 'CompactorRole'],
    ['agent', 'TaskDefinitionTaskRole'],
  ] as const) {
    roles.set(name, await assume({ iam, sts, gate }, physical('AWS::IAM::Role', part)));
  }
  const lambda = new LambdaClient(admin);
  const s3 = new S3Client({ ...admin, forcePathStyle: true });
  for (const [name, part] of [
    ['scale', 'ScalerFunction'],
    ['reconcile', 'ReconcilerFunction'],
    ['compact', 'CompactorFunction'],
  ] as const) {
    const { logicalId, physicalId } = find('AWS::Lambda::Function', part);
    const { Environment: deployed, Timeout: timeoutSeconds = 3 } = await lambda.send(
      new GetFunctionConfigurationCommand({ FunctionName: physicalId }),
    );
    const entry = await unpackFunction(s3, assembly, logicalId);
    const environment = environmentFor(gate.endpoint, roles.get(name) ?? ANYBODY);
    functions.set(
      name,
      startFunction(
        { logicalId, entry, environment: { ...deployed?.Variables }, timeoutSeconds },
        { environment, logFile: join(scratch, `${name}.log`) },
      ),
    );
  }
  await motoAsks(true);
});
afterAll(async () => {
  await Promise.all([...functions.values()].map((each) => each.close()));
  await gate.close();
  moto.close();
  await rm(scratch, { recursive: true });
});

const call = (name: string, event: object = {}) => functions.get(name)?.invoke(event);
const queueUrl = () => physical('AWS::SQS::Queue', 'TasksQueue').trim();
const table = () => physical('AWS::DynamoDB::Table', 'Table');
const bucket = () => physical('AWS::S3::Bucket', 'Contexts');
const cluster = () => physical('AWS::ECS::Cluster', 'Cluster');
const service = () => physical('AWS::ECS::Service', 'Service');
const desiredCount = async () => {
  const { services = [] } = await as(ECSClient, administrator).send(
    new DescribeServicesCommand({ cluster: cluster(), services: [service()] }),
  );
  return services[0]?.desiredCount;
};
/** The agents' own records, written under the agents' own role. */
const store = () =>
  dynamoPoolStore(
    { dynamo: DynamoDBDocumentClient.from(as(DynamoDBClient, 'agent')), table: table() },
    'echo',
  );
const lastDecision = () =>
  dynamoOverrides(
    { dynamo: DynamoDBDocumentClient.from(as(DynamoDBClient, administrator)), table: table() },
    'echo',
  ).lastDecision();

describe('the deployed functions, under their own roles', () => {
  test('raise the desired count for messages in the deployed queue', async () => {
    const sqs = as(SQSClient, administrator);
    for (let index = 0; index < 6; index++) {
      const message = {
        QueueUrl: queueUrl(),
        MessageBody: `${index}`,
        MessageGroupId: `${index}`,
        MessageDeduplicationId: `${index}`,
      };
      await sqs.send(new SendMessageCommand(message));
    }
    expect(await desiredCount()).toBe(0);
    await call('scale');
    expect((await lastDecision())?.outcome).toMatchObject({ kind: 'done' });
    expect(await desiredCount()).toBeGreaterThanOrEqual(6);
  });

  test('lower it when agents have nothing to do, and lift the protection of those that go', async () => {
    await as(SQSClient, administrator).send(new PurgeQueueCommand({ QueueUrl: queueUrl() }));
    const before = (await desiredCount()) ?? 0;
    for (let index = 0; index < before; index++) {
      const now = Date.now();
      const agent = {
        pool: 'echo',
        id: `agent-${index}`,
        status: 'starting',
        launchedAtMs: now,
        heartbeatAtMs: now,
      } as const;
      await store().register(instance(agent));
      await store().transition(agent.id, 'ready', { nowMs: now, changes: { readyAtMs: now } });
    }
    await call('scale');
    const { outcome } = (await lastDecision()) ?? {};
    expect(outcome).toMatchObject({ kind: 'done', desired: 1 });
    expect(await desiredCount()).toBe(1);
    expect(gate.calls).toContainEqual(
      expect.objectContaining({ action: 'ecs:UpdateTaskProtection', allowed: true }),
    );
  });

  test('close the record of an agent whose task has stopped', async () => {
    const detail = {
      taskArn: 'arn:aws:ecs:us-east-1:123456789012:task/x/agent-0',
      group: `service:${service().split('/').at(-1)}`,
    };
    await call('reconcile', {
      detail: { ...detail, stopCode: 'EssentialContainerExited', containers: [{ exitCode: 1 }] },
    });
    const { instances } = await store().instances();
    expect(instances.find(({ id }) => id === 'agent-0')?.status).toBe('lost');
  });

  test('tidy contexts', async () => {
    await call('compact');
  });

  test('ask for nothing that their roles do not allow', () => {
    expect(gate.calls.length).toBeGreaterThan(20);
    expect(gate.calls.filter(({ allowed }) => !allowed)).toEqual([]);
  });
});

describe('a role is refused', () => {
  const key = (pk: string) => ({ TableName: table(), Key: { pk: { S: pk }, sk: { S: 'HEAD' } } });
  const object = (name: string) => ({ Bucket: bucket(), Key: name });
  const message = () => ({ QueueUrl: queueUrl(), ReceiptHandle: 'x' });
  const definition = () => physical('AWS::ECS::TaskDefinition', 'TaskDefinition');

  test.each<[string, string, () => Promise<unknown>]>([
    [
      'scale',
      'to read a context',
      () => as(DynamoDBClient, 'scale').send(new GetItemCommand(key('CONTEXT#echo#1'))),
    ],
    [
      'scale',
      'to read a task',
      () => as(DynamoDBClient, 'scale').send(new GetItemCommand(key('TASK#echo#1'))),
    ],
    [
      'scale',
      'to read all of the table',
      () => as(DynamoDBClient, 'scale').send(new ScanCommand({ TableName: table() })),
    ],
    [
      'scale',
      'to receive a message',
      () => as(SQSClient, 'scale').send(new ReceiveMessageCommand({ QueueUrl: queueUrl() })),
    ],
    [
      'scale',
      'to read an object',
      () => as(S3Client, 'scale').send(new GetObjectCommand(object('contexts/echo/1'))),
    ],
    [
      'scale',
      'to start a task',
      () =>
        as(ECSClient, 'scale').send(new RunTaskCommand({ cluster: cluster(), taskDefinition: definition() })),
    ],
    [
      'scale',
      'to stop a task of another cluster',
      () => as(ECSClient, 'scale').send(new StopTaskCommand({ cluster: 'other', task: 'agent-1' })),
    ],
    [
      'scale',
      'to list the tasks of another cluster',
      () => as(ECSClient, 'scale').send(new ListTasksCommand({ cluster: 'other' })),
    ],
    [
      'scale',
      'to resize another service',
      () =>
        as(ECSClient, 'scale').send(
          new UpdateServiceCommand({ cluster: cluster(), service: 'other', desiredCount: 1 }),
        ),
    ],
    [
      'reconcile',
      'to read agents',
      () =>
        as(DynamoDBClient, 'reconcile').send(
          new QueryCommand({
            TableName: table(),
            KeyConditionExpression: 'pk = :pk',
            ExpressionAttributeValues: { ':pk': { S: 'POOL#echo' } },
          }),
        ),
    ],
    [
      'reconcile',
      'to resize the service',
      () =>
        as(ECSClient, 'reconcile').send(
          new UpdateServiceCommand({ cluster: cluster(), service: service(), desiredCount: 1 }),
        ),
    ],
    [
      'compact',
      'to read a task',
      () => as(DynamoDBClient, 'compact').send(new GetItemCommand(key('TASK#echo#1'))),
    ],
    [
      'compact',
      'to read a payload',
      () => as(S3Client, 'compact').send(new GetObjectCommand(object('payloads/echo/1'))),
    ],
    [
      'compact',
      'to receive a message',
      () => as(SQSClient, 'compact').send(new ReceiveMessageCommand({ QueueUrl: queueUrl() })),
    ],
    [
      'agent',
      'to read a context of another pool',
      () => as(DynamoDBClient, 'agent').send(new GetItemCommand(key('CONTEXT#other#1'))),
    ],
    [
      'agent',
      'to write a record of another pool',
      () =>
        as(DynamoDBClient, 'agent').send(
          new PutItemCommand({ TableName: table(), Item: { pk: { S: 'POOL#other' }, sk: { S: 'STATE' } } }),
        ),
    ],
    [
      'agent',
      'to write results of another pool',
      () => as(S3Client, 'agent').send(new PutObjectCommand({ ...object('results/other/1'), Body: 'x' })),
    ],
    [
      'agent',
      'to delete a snapshot',
      () => as(S3Client, 'agent').send(new DeleteObjectCommand(object('contexts/echo/1'))),
    ],
    [
      'agent',
      'to delete from the dead-letter queue',
      () =>
        as(SQSClient, 'agent').send(
          new DeleteMessageCommand({
            ...message(),
            QueueUrl: physical('AWS::SQS::Queue', 'DeadLetter').trim(),
          }),
        ),
    ],
    [
      'agent',
      'to send tasks',
      () => as(SQSClient, 'agent').send(new SendMessageCommand({ QueueUrl: queueUrl(), MessageBody: 'x' })),
    ],
    [
      'agent',
      'to resize the service',
      () =>
        as(ECSClient, 'agent').send(
          new UpdateServiceCommand({ cluster: cluster(), service: service(), desiredCount: 1 }),
        ),
    ],
    [
      'agent',
      'to register another task definition',
      () =>
        as(ECSClient, 'agent').send(
          new RegisterTaskDefinitionCommand({ family: 'x', containerDefinitions: [] }),
        ),
    ],
  ])('%s: %s', async (_role, _what, attempt) => {
    await expect(attempt()).rejects.toMatchObject({ name: expect.stringMatching(/AccessDenied/) });
  });

  test('also by moto itself, which knows actions but no resources', async () => {
    const direct = new ECSClient({
      endpoint: moto.endpoint,
      region: 'us-east-1',
      credentials: roles.get('scale') ?? ANYBODY,
      maxAttempts: 1,
    });
    const start = new RunTaskCommand({ cluster: cluster(), taskDefinition: definition() });
    // In XML, whatever the protocol.
    await expect(direct.send(start)).rejects.toMatchObject({ $metadata: { httpStatusCode: 403 } });
  });
});

describe('the deployment', () => {
  const environment = () => environmentFor(moto.endpoint, ANYBODY);

  test('changes nothing when nothing has changed, synthesized anew', async () => {
    await motoAsks(false);
    const again = await synthesizeForMoto(environment(), [POOL]);
    expect(await cdk(environment(), 'deploy', '--app', again, '--require-approval', 'never')).toContain(
      'no changes',
    );
  });

  test('is operated by the command line, and seen by the console, which only looks', async () => {
    Object.assign(process.env, environment());
    // moto tells no outputs of a stack.
    const outputs = join(scratch, 'outputs.json');
    const pool = {
      name: 'echo',
      service: service(),
      queueUrl: queueUrl(),
      deadLetterQueueUrl: physical('AWS::SQS::Queue', 'DeadLetterQueue'),
    };
    const names = { clusterName: cluster(), tableName: table(), bucketName: bucket() };
    const told = {
      PlatformAgentpoolPlatform00C0FFEE: JSON.stringify(names),
      PoolechoAgentpoolPool00C0FFEE: JSON.stringify(pool),
    };
    await writeFile(outputs, JSON.stringify({ Agentpool: told }));
    const said: string[] = [];
    const agentpool = async (...args: string[]) => {
      said.length = 0;
      const output = {
        say: (text: string) => void said.push(text),
        warn: (text: string) => void said.push(text),
      };
      return run([...args, '--json', '--outputs', outputs], output);
    };
    expect([await agentpool('status'), said]).toEqual([0, [expect.anything()]]);
    expect(JSON.parse(said.join(''))).toMatchObject([{ name: 'echo', mode: { kind: 'automatic' } }]);
    expect(await agentpool('status', '--stack', 'Elsewhere')).toBe(3);
    expect(await agentpool('check')).toBe(0);
    expect(JSON.parse(said.join(''))).toMatchObject([
      { what: 'configuration', verdict: 'good' },
      { what: 'credentials', verdict: 'good', text: expect.stringContaining('arn:aws') },
      { what: 'quotas' },
      { what: 'changes', verdict: 'good', text: expect.stringContaining('Agentpool') },
    ]);
    const source = deployedSource('Agentpool', await findStack({ stack: 'Agentpool', outputs }));
    const dashboards = await source.dashboards();
    const graphs = dashboards.flatMap((dashboard) => dashboard.graphs);
    expect(graphs.map(({ title }) => title)).toContain('Desired count');
    // moto makes no alarms of a template.
    const AlarmName = dashboards.flatMap(({ alarms }) => alarms).find((name) => name.includes('DeadLetters'));
    const cloudWatch = new CloudWatchClient({});
    const described = {
      AlarmName,
      AlarmDescription: 'tasks were given up',
      MetricName: 'any',
      Namespace: 'any',
    };
    const evaluated = { Threshold: 0, Period: 60, EvaluationPeriods: 1, Statistic: 'Sum' as const };
    const ComparisonOperator = 'GreaterThanThreshold';
    await cloudWatch.send(new PutMetricAlarmCommand({ ...described, ...evaluated, ComparisonOperator }));
    await cloudWatch.send(
      new SetAlarmStateCommand({ AlarmName, StateValue: 'ALARM', StateReason: 'as for a test' }),
    );
    expect(await source.alarms()).toEqual([
      { name: AlarmName, description: 'tasks were given up', state: 'alarm' },
    ]);
    await cloudWatch.send(
      new PutMetricDataCommand({
        Namespace: 'agentpool',
        MetricData: [
          {
            MetricName: 'DesiredCount',
            Dimensions: [{ Name: 'Pool', Value: 'echo' }],
            Value: 4,
            Timestamp: new Date(Date.now() - 120_000),
          },
        ],
      }),
    );
    const points = Object.entries(await source.points(Date.now() - 600_000));
    const desired = points.find(([key]) => key.includes('"DesiredCount"'));
    expect(desired?.[1].map(([, value]) => value)).toContain(4);
    expect((await source.decisions(0)).length).toBeGreaterThan(0);
    expect(source.act).toBeUndefined();
  });

  test('goes as it came, but for the data that retention keeps', async () => {
    const kept = [table(), bucket()];
    await cdk(environment(), 'destroy', '--app', assembly, '--force');
    const admin = { endpoint: moto.endpoint, region: 'us-east-1', credentials: ANYBODY };
    const { TableNames: tables } = await new DynamoDBClient(admin).send(new ListTablesCommand({}));
    const { Buckets: buckets = [] } = await new S3Client({ ...admin, forcePathStyle: true }).send(
      new ListBucketsCommand({}),
    );
    const { QueueUrls: queues = [] } = await new SQSClient(admin).send(new ListQueuesCommand({}));
    const { clusters = [] } = await new ECSClient(admin).send(
      new DescribeClustersCommand({ clusters: [physical('AWS::ECS::Cluster', 'Cluster')] }),
    );
    const { Functions: left } = await new LambdaClient(admin).send(new ListFunctionsCommand({}));
    const { Roles: rolesLeft = [] } = await new IAMClient(admin).send(new ListRolesCommand({}));
    const { logGroups } = await new CloudWatchLogsClient(admin).send(new DescribeLogGroupsCommand({}));
    expect({
      tables,
      buckets: buckets.map(({ Name }) => Name).filter((name) => !name?.startsWith('cdk-')),
      queues,
      // moto keeps the cluster itself, as its CloudFormation cannot delete one.
      services: clusters.map(({ activeServicesCount }) => activeServicesCount),
      functions: left,
      roles: rolesLeft.map(({ RoleName }) => RoleName).filter((name) => !name?.startsWith('cdk-')),
      logGroups,
    }).toEqual({
      tables: [kept[0]],
      buckets: [kept[1]],
      queues: [],
      services: [0],
      functions: [],
      roles: [],
      logGroups: [],
    });
  });
});
