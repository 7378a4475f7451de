// Covers: infra/agent-platform.ts, infra/agent-pool.ts, infra/agent-service.ts, infra/network.ts, infra/storage/pool-table.ts, infra/storage/context-bucket.ts
import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Table } from 'aws-cdk-lib/aws-dynamodb';
import { SecurityGroup, SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { Cluster, ContainerImage, Secret } from 'aws-cdk-lib/aws-ecs';
import { ManagedPolicy, PermissionsBoundary } from 'aws-cdk-lib/aws-iam';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Secret as StoredSecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { expect, test } from 'vitest';
import { AgentPlatform, type AgentPlatformProps } from '../../infra/agent-platform.ts';
import { AgentPool } from '../../infra/agent-pool.ts';
import type { PoolInput } from '../../shared/core/pool/config.ts';

const image = ContainerImage.fromRegistry('public.ecr.aws/me/agents:7');

function appStack(): Stack {
  return new Stack(new App({ context: { 'aws:cdk:bundling-stacks': [] } }), 'Mine');
}

function poolIn(
  stack: Stack,
  {
    agent = {},
    ...props
  }: AgentPlatformProps & Pick<PoolInput, 'agent'> & { secrets?: Record<string, Secret> } = {},
): AgentPool {
  const { secrets = {}, ...platformProps } = props;
  const platform = new AgentPlatform(stack, 'Agents', { dashboards: 'none', ...platformProps });
  const pool = { name: 'support', handler: './a.ts', agent };
  return new AgentPool(stack, 'Support', { platform, image, secrets, pool });
}

test('what a handler may do in AWS is in the configuration of its pool', () => {
  const stack = appStack();
  const actions = ['bedrock:InvokeModel', 'bedrock:InvokeModelWithResponseStream'];
  const resources = ['arn:aws:bedrock:eu-west-1::foundation-model/anthropic.*'];
  poolIn(stack, { agent: { permissions: [{ actions, resources }] } });
  Template.fromStack(stack).hasResourceProperties('AWS::IAM::Policy', {
    Roles: [{ Ref: Match.stringLikeRegexp('SupportAgentsTaskRole') }],
    PolicyDocument: Match.objectLike({
      Statement: Match.arrayWith([{ Effect: 'Allow', Action: actions, Resource: resources[0] }]),
    }),
  });
});

test('a pool is granted access as a role is, and gets secrets of the app', () => {
  const stack = appStack();
  const key = Secret.fromSecretsManager(new StoredSecret(stack, 'Key'));
  const pool = poolIn(stack, { secrets: { MODEL_KEY: key } });
  new Bucket(stack, 'Documents').grantRead(pool);
  const template = Template.fromStack(stack);
  const policies = JSON.stringify(template.findResources('AWS::IAM::Policy'));
  expect(policies).toContain('s3:GetObject*');
  template.hasResourceProperties('AWS::ECS::TaskDefinition', {
    ContainerDefinitions: [Match.objectLike({ Secrets: [Match.objectLike({ Name: 'MODEL_KEY' })] })],
  });
});

test('an agent gets its architecture, its disk, a shell and a log as configured', () => {
  const stack = appStack();
  const agent = {
    architecture: 'x86_64',
    ephemeralStorageGiB: 100,
    exec: true,
    logRetentionDays: 365,
  } as const;
  poolIn(stack, { agent });
  const template = Template.fromStack(stack);
  template.hasResourceProperties('AWS::ECS::TaskDefinition', {
    RuntimePlatform: { CpuArchitecture: 'X86_64', OperatingSystemFamily: 'LINUX' },
    EphemeralStorage: { SizeInGiB: 100 },
    ContainerDefinitions: [Match.objectLike({ ReadonlyRootFilesystem: false })],
  });
  template.hasResourceProperties('AWS::ECS::Service', { EnableExecuteCommand: true });
  template.hasResourceProperties('AWS::Logs::LogGroup', { RetentionInDays: 365 });
});

test('a platform goes on with what exists: cluster, table, bucket, topic, subnets and security groups', () => {
  const stack = appStack();
  const vpc = new Vpc(stack, 'Vpc', { maxAzs: 2 });
  const own = new SecurityGroup(stack, 'Own', { vpc });
  poolIn(stack, {
    vpc,
    subnets: { subnetType: SubnetType.PUBLIC },
    securityGroups: [own],
    cluster: Cluster.fromClusterAttributes(stack, 'Cluster', { clusterName: 'shared', vpc }),
    table: Table.fromTableName(stack, 'Table', 'agents-of-last-year'),
    bucket: Bucket.fromBucketName(stack, 'Contexts', 'contexts-of-last-year'),
    alarmTopic: Topic.fromTopicArn(stack, 'Pager', 'arn:aws:sns:eu-west-1:123456789012:pager'),
  });
  const template = Template.fromStack(stack);
  for (const type of ['AWS::ECS::Cluster', 'AWS::DynamoDB::Table', 'AWS::S3::Bucket', 'AWS::SNS::Topic'])
    template.resourceCountIs(type, 0);
  template.resourceCountIs('AWS::EC2::SecurityGroup', 1);
  const json = JSON.stringify(template.toJSON());
  for (const name of ['agents-of-last-year', 'contexts-of-last-year', 'service/shared/Mine-*', ':pager'])
    expect(json).toContain(name);
  template.hasResourceProperties('AWS::ECS::Service', {
    Cluster: 'shared',
    NetworkConfiguration: { AwsvpcConfiguration: Match.objectLike({ AssignPublicIp: 'ENABLED' }) },
  });
});

test('in a VPC of isolated subnets, agents run there, without public addresses', () => {
  const stack = appStack();
  const subnetConfiguration = [{ name: 'isolated', subnetType: SubnetType.PRIVATE_ISOLATED }];
  const vpc = new Vpc(stack, 'Vpc', { maxAzs: 2, natGateways: 0, subnetConfiguration });
  poolIn(stack, { vpc });
  Template.fromStack(stack).hasResourceProperties('AWS::ECS::Service', {
    NetworkConfiguration: {
      AwsvpcConfiguration: Match.objectLike({
        AssignPublicIp: 'DISABLED',
        Subnets: stack.resolve(vpc.isolatedSubnets.map(({ subnetId }) => subnetId)) as unknown[],
      }),
    },
  });
});

test('a permissions boundary of the app holds for every role', () => {
  const stack = appStack();
  const boundary = ManagedPolicy.fromManagedPolicyName(stack, 'Boundary', 'developers');
  poolIn(stack);
  PermissionsBoundary.of(stack).apply(boundary);
  const roles = Object.values(Template.fromStack(stack).findResources('AWS::IAM::Role'));
  expect(roles.length).toBeGreaterThan(4);
  for (const role of roles)
    expect(JSON.stringify(role['Properties'].PermissionsBoundary)).toContain('policy/developers');
});
