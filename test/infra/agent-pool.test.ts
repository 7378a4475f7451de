// Covers: infra/agent-pool.ts, infra/agent-platform.ts
import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { ContainerImage } from 'aws-cdk-lib/aws-ecs';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { expect, test } from 'vitest';
import { AgentPlatform } from '../../infra/agent-platform.ts';
import { AgentPool } from '../../infra/agent-pool.ts';

test('a pool can be part of another CDK app, in its VPC, beside what sends tasks to it', () => {
  const stack = new Stack(new App({ context: { 'aws:cdk:bundling-stacks': [] } }), 'Mine');
  const vpc = new Vpc(stack, 'MyVpc', { maxAzs: 2 });
  const api = new Role(stack, 'Api', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
  const platform = new AgentPlatform(stack, 'Agents', { vpc, dashboards: 'none' });
  const support = new AgentPool(stack, 'Support', {
    platform,
    pool: { name: 'support', handler: './agent/handlers/echo.ts' },
    image: ContainerImage.fromRegistry('public.ecr.aws/me/agents:7'),
  });
  support.grantSend(api);

  const template = Template.fromStack(stack);
  template.resourceCountIs('AWS::EC2::VPC', 1);
  const subnets = vpc.selectSubnets({ subnetType: SubnetType.PRIVATE_WITH_EGRESS }).subnetIds;
  template.hasResourceProperties('AWS::ECS::Service', {
    NetworkConfiguration: {
      AwsvpcConfiguration: Match.objectLike({
        AssignPublicIp: 'DISABLED',
        Subnets: stack.resolve(subnets) as unknown[],
      }),
    },
  });
  const allowed = (Action: unknown, more: object = {}) => Match.objectLike({ Action, ...more });
  const tasks = { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['TASK#support#*'] } };
  template.hasResourceProperties('AWS::IAM::Policy', {
    Roles: [{ Ref: Match.stringLikeRegexp('^Api') }],
    PolicyDocument: Match.objectLike({
      Statement: [
        allowed('sqs:SendMessage'),
        allowed(['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:DeleteItem'], { Condition: tasks }),
        allowed('dynamodb:GetItem', {
          Condition: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['POOL#support'] } },
        }),
        allowed('lambda:InvokeFunction'),
        allowed('s3:PutObject'),
        allowed('s3:ListBucket'),
        allowed('s3:GetObject'),
      ],
    }),
  });
  template.resourceCountIs('AWS::CloudWatch::Dashboard', 0);
  expect(support.pool.max).toBe(10);
});

test('twenty pools share a platform, in stacks of their own', () => {
  const app = new App({ context: { 'aws:cdk:bundling-stacks': [] } });
  const platform = new AgentPlatform(new Stack(app, 'Platform'), 'Agents');
  const image = ContainerImage.fromRegistry('public.ecr.aws/me/agents:7');
  const stacks = [1, 2].map((number) => new Stack(app, `Pools${number}`));
  for (const [index, stack] of stacks.entries())
    for (let number = 10 * index; number < 10 * (index + 1); number++)
      new AgentPool(stack, `Pool${number}`, {
        platform,
        pool: { name: `pool-${number}`, handler: './a.ts' },
        image,
      });
  expect(app.synth().stacks).toHaveLength(3);
  const [first] = stacks;
  if (!first) throw new Error('no stack');
  const template = Template.fromStack(first);
  template.resourceCountIs('AWS::ECS::Service', 10);
  template.hasResourceProperties('AWS::SSM::Parameter', { Name: '/agentpool/Platform/pools/pool-3' });
  expect(JSON.stringify(template.findResources('AWS::CloudWatch::Alarm'))).toContain(
    '"Dimensions":[{"Name":"Pool","Value":"pool-0"},{"Name":"Stack","Value":"Platform"}]',
  );
});

test('an invalid pool is rejected with the allowed values', () => {
  const stack = new Stack(new App({ context: { 'aws:cdk:bundling-stacks': [] } }), 'Mine');
  const platform = new AgentPlatform(stack, 'Agents');
  expect(
    () =>
      new AgentPool(stack, 'Support', {
        platform,
        pool: { name: 'support', handler: './a.ts', agent: { memoryMiB: 1536 } },
      }),
  ).toThrow('field agent.memoryMiB: invalid value 1536: expected one of 512, 1024, 2048 for 256 CPU units');
});

test.each<[string, object, object, string]>([
  [
    'other amounts for a limit that they share',
    { limits: [{ name: 'openai', perMinute: { requests: 60 } }] },
    { limits: [{ name: 'openai', perMinute: { requests: 90 } }] },
    'pool "b", field limits.0.perMinute: invalid value {"requests":90}: expected {"requests":60}, as in the other pools',
  ],
  [
    'another max for a ceiling that they share',
    { ceiling: { name: 'gpu', max: 20 } },
    { ceiling: { name: 'gpu', max: 30 } },
    'pool "b", field ceiling.max: invalid value 30: expected 20, as in the other pools',
  ],
  [
    'one name',
    {},
    { name: 'a' },
    'pool "a", field name: invalid value "a": expected a name no other pool has',
  ],
])('pools of one platform are rejected with %s, as in one configuration', (_case, one, other, expected) => {
  const app = new App({ context: { 'aws:cdk:bundling-stacks': [] } });
  const platform = new AgentPlatform(new Stack(app, 'Mine'), 'Agents', { dashboards: 'none' });
  const image = ContainerImage.fromRegistry('public.ecr.aws/me/agents:7');
  const add = (id: string, changes: object) =>
    new AgentPool(new Stack(app, id), id, {
      platform,
      pool: { name: id, handler: './a.ts', ...changes },
      image,
    });
  add('a', one);
  expect(() => add('b', other)).toThrow(`problems in the pools of Mine/Agents:\n  ${expected}`);
});
