// Covers: functions/scale/handler.ts, functions/reconcile/handler.ts, functions/compact/handler.ts, console/deployed/deployed-source.ts
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  CloudWatchClient,
  PutMetricAlarmCommand,
  PutMetricDataCommand,
  SetAlarmStateCommand,
} from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient, DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { DescribeClustersCommand, ECSClient, RunTaskCommand } from '@aws-sdk/client-ecs';
import { CreateServiceLinkedRoleCommand, IAMClient, ListRolesCommand } from '@aws-sdk/client-iam';
import { LambdaClient, ListFunctionsCommand } from '@aws-sdk/client-lambda';
import { ListBucketsCommand, S3Client } from '@aws-sdk/client-s3';
import { ListQueuesCommand, PurgeQueueCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run } from '../../cli/run.ts';
import { findStack } from '../../cli/stack.ts';
import { deployedSource } from '../../console/deployed/deployed-source.ts';
import { instance } from '../unit/build.ts';
import { environmentFor } from './aws.ts';
import {
  ANYBODY,
  administrator,
  as,
  assembly,
  bucket,
  call,
  cluster,
  deployIntoMoto,
  desiredCount,
  endMoto,
  gate,
  lastDecision,
  moto,
  motoAsks,
  POOL,
  physical,
  queueUrl,
  roles,
  service,
  store,
  table,
} from './deployed.ts';
import { cdk, scratch, synthesizeForMoto, synthesizeForVpc } from './deployment.ts';
import { definition, REFUSED } from './refusals.ts';

/** The stack as a user deploys it, into moto: what its functions do under their roles, and what those may not do. */
beforeAll(deployIntoMoto);
afterAll(endMoto);

describe('the deployed functions, under their own roles', () => {
  test('the scaler raises the desired count for messages in the deployed queue', async () => {
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

  test('the scaler lowers the desired count when agents are idle, and lifts the protection of drained ones', async () => {
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

  test('the reconciler closes the record of an agent whose ECS task has stopped', async () => {
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

  test('the compactor runs', async () => {
    await call('compact', { pool: 'echo' });
  });

  test('the functions make no call that their roles do not allow', () => {
    expect(gate.calls.length).toBeGreaterThan(20);
    expect(gate.calls.filter(({ allowed }) => !allowed)).toEqual([]);
  });
});

describe('a role', () => {
  test.each(REFUSED)('the role %s may not %s', async (_role, _what, attempt) => {
    await expect(attempt()).rejects.toMatchObject({ name: expect.stringMatching(/AccessDenied/) });
  });

  test('moto itself, which knows actions but no resources, rejects a call that the role does not allow', async () => {
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

  test('a second deployment of the same stack changes nothing', async () => {
    await motoAsks(false);
    const again = await synthesizeForMoto(environment(), [POOL]);
    expect(await cdk(environment(), 'deploy', '--app', again, '--require-approval', 'never')).toContain(
      'no changes',
    );
  });

  test('the command line operates the deployed stack, and the console shows it read-only', async () => {
    Object.assign(process.env, environment());
    // moto doesn't return a stack's outputs.
    const outputs = join(scratch, 'outputs.json');
    const pool = {
      pool: 'echo',
      service: service(),
      queueUrl: queueUrl(),
      deadLetterQueueUrl: physical('AWS::SQS::Queue', 'DeadLetterQueue'),
    };
    const names = { clusterName: cluster(), tableName: table(), bucketName: bucket() };
    const stackOutputs = {
      PlatformAgentpoolPlatform00C0FFEE: JSON.stringify(names),
      PoolechoAgentpoolPool00C0FFEE: JSON.stringify(pool),
    };
    await writeFile(outputs, JSON.stringify({ Agentpool: stackOutputs }));
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
    expect(await agentpool('check')).toBe(1);
    expect(JSON.parse(said.join(''))).toContainEqual({
      what: 'roles',
      verdict: 'bad',
      text: expect.stringContaining('create-service-linked-role --aws-service-name ecs.amazonaws.com'),
    });
    await new IAMClient({}).send(new CreateServiceLinkedRoleCommand({ AWSServiceName: 'ecs.amazonaws.com' }));
    const checked = await agentpool('check');
    expect(JSON.parse(said.join(''))).toMatchObject([
      { what: 'configuration', verdict: 'good' },
      { what: 'handlers', verdict: 'good' },
      { what: 'credentials', verdict: 'good', text: expect.stringContaining('arn:aws') },
      { what: 'quotas' },
      { what: 'roles', verdict: 'good' },
      { what: 'secrets', verdict: 'good' },
      { what: 'names', verdict: 'good', text: 'stack Agentpool is deployed' },
      { what: 'changes', verdict: 'good', text: expect.stringContaining('Agentpool') },
    ]);
    expect(checked).toBe(0);
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
            // In the dashboard's order: moto, unlike CloudWatch, takes another order for another metric.
            Dimensions: [
              { Name: 'Pool', Value: 'echo' },
              { Name: 'Stack', Value: 'Agentpool' },
            ],
            Value: 4,
            Timestamp: new Date(Date.now() - 120_000),
          },
        ],
      }),
    );
    const points = Object.entries(await source.points(Date.now() - 600_000));
    const desired = points.find(([key]) => key.includes('"DesiredCount"'));
    expect(desired?.[1].map(([, value]) => value)).toContain(4);
    expect((await source.decisions('echo', { fromMs: 0, toMs: Date.now() }, 10)).length).toBeGreaterThan(0);
    expect(source.controls).toBeUndefined();
  });

  test('an existing VPC is looked up, and agents run in it', async () => {
    const vpc = await defaultVpc();
    const template = await synthesizeForVpc(environment(), vpc);
    expect(template).toContain(`"VpcId": "${vpc}"`);
    expect(template).not.toContain('AWS::EC2::Subnet"');
    expect(template).toMatch(/"Subnets": \[\s*"subnet-/);
  });

  test('destroying the stack removes everything except the data that retention keeps', async () => {
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
    const { Roles: roles = [] } = await new IAMClient(admin).send(new ListRolesCommand({}));
    // The account's own roles aside: the CDK's and ECS's.
    const rolesLeft = roles.filter(
      ({ RoleName, Path }) => !RoleName?.startsWith('cdk-') && !Path?.startsWith('/aws-service-role/'),
    );
    const { logGroups } = await new CloudWatchLogsClient(admin).send(new DescribeLogGroupsCommand({}));
    expect({
      tables,
      buckets: buckets.map(({ Name }) => Name).filter((name) => !name?.startsWith('cdk-')),
      queues,
      // moto keeps the cluster itself, as its CloudFormation cannot delete one.
      services: clusters.map(({ activeServicesCount }) => activeServicesCount),
      functions: left,
      roles: rolesLeft.map(({ RoleName }) => RoleName),
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

/** Every account has one. Asked without the SDK's client, which would be a dependency for this one call. */
async function defaultVpc(): Promise<string> {
  const scope = 'Credential=x/20260101/us-east-1/ec2/aws4_request';
  const response = await fetch(moto.endpoint, {
    method: 'POST',
    headers: { authorization: `AWS4-HMAC-SHA256 ${scope}, SignedHeaders=host, Signature=0` },
    body: new URLSearchParams({ Action: 'DescribeVpcs', Version: '2016-11-15' }),
  });
  return /<vpcId>(.*?)<\/vpcId>/.exec(await response.text())?.[1] ?? '';
}
