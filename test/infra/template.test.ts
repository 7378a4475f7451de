import { App } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, test } from 'vitest';
import { AgentpoolStack } from '../../infra/stack.ts';
import { parsePools } from '../../shared/pool/config.ts';

let template: Template;
beforeAll(() => {
  const app = new App({ context: { 'aws:cdk:bundling-stacks': [] } });
  const pools = parsePools([
    { name: 'ordered', handler: './a.ts', stopTimeoutSeconds: 90, visibilitySeconds: 60 },
    { name: 'unordered', handler: './b.ts', ordering: 'none' },
  ]);
  template = Template.fromStack(new AgentpoolStack(app, 'Test', { pools }));
});

const resources = (type: string) => Object.values(template.findResources(type));

describe('the services of the agents', () => {
  test('have no desired count, which a deployment would put in place of the scaler’s', () => {
    const services = resources('AWS::ECS::Service');
    expect(services).toHaveLength(2);
    for (const service of services) expect(service['Properties']).not.toHaveProperty('DesiredCount');
  });

  test('are not rebalanced, and roll back a deployment that does not start', () => {
    template.allResourcesProperties('AWS::ECS::Service', {
      AvailabilityZoneRebalancing: 'DISABLED',
      DeploymentConfiguration: Match.objectLike({
        MinimumHealthyPercent: 100,
        MaximumPercent: 200,
        DeploymentCircuitBreaker: { Enable: true, Rollback: true },
      }),
    });
  });

  test('give an agent the stop timeout of its pool', () => {
    template.hasResourceProperties('AWS::ECS::TaskDefinition', {
      ContainerDefinitions: [
        Match.objectLike({ StopTimeout: 90, Command: ['node', '--optimize-for-size', 'agent/main.ts'] }),
      ],
    });
  });
});

describe('the queues', () => {
  test('are FIFO with high throughput for an ordered pool, with a dead-letter queue of the same kind', () => {
    template.resourcePropertiesCountIs(
      'AWS::SQS::Queue',
      { FifoQueue: true, FifoThroughputLimit: 'perMessageGroupId', DeduplicationScope: 'messageGroup' },
      2,
    );
    template.hasResourceProperties('AWS::SQS::Queue', {
      FifoQueue: true,
      VisibilityTimeout: 60,
      RedrivePolicy: Match.objectLike({ maxReceiveCount: 20 }),
    });
  });

  test('are encrypted, and refuse what is not sent over TLS', () => {
    template.allResourcesProperties('AWS::SQS::Queue', { SqsManagedSseEnabled: true });
    expect(resources('AWS::SQS::QueuePolicy')).toHaveLength(4);
  });
});

describe('the scaler', () => {
  test('is called every minute, and a call that failed or is late is not made up for', () => {
    template.hasResourceProperties('AWS::Events::Rule', {
      ScheduleExpression: 'rate(1 minute)',
      Targets: [Match.objectLike({ RetryPolicy: { MaximumEventAgeInSeconds: 60, MaximumRetryAttempts: 0 } })],
    });
    template.hasResourceProperties('AWS::Lambda::EventInvokeConfig', {
      MaximumEventAgeInSeconds: 60,
      MaximumRetryAttempts: 0,
    });
  });

  test('may change counts and protection, but can not read a task, start one or pass a role', () => {
    const policies = JSON.stringify(
      Object.entries(template.findResources('AWS::IAM::Policy')).filter(([id]) => id.startsWith('Scaler')),
    );
    expect(policies).toContain('ecs:UpdateService');
    for (const action of [
      'sqs:Receive',
      'sqs:Delete',
      's3:',
      'ecs:RunTask',
      'ecs:StopTask',
      'iam:PassRole',
    ]) {
      expect(policies).not.toContain(action);
    }
  });
});

describe('contexts', () => {
  const actionsOf = (role: string) =>
    Object.entries(template.findResources('AWS::IAM::Policy'))
      .filter(([id]) => id.includes(role))
      .flatMap(([, { Properties }]) => Properties.PolicyDocument.Statement as { Action: string | string[] }[])
      .flatMap(({ Action }) => Action);

  test('are read by agents in one query, and tidied once a day by a function that reaches no queue and no service', () => {
    expect(actionsOf('AgentsorderedTask')).toEqual(
      expect.arrayContaining(['dynamodb:Query', 'dynamodb:PutItem']),
    );
    template.hasResourceProperties('AWS::Events::Rule', { ScheduleExpression: 'rate(1 day)' });
    const condenser = actionsOf('Condenser');
    expect(condenser).toContain('s3:DeleteObject*');
    expect(condenser.filter((action) => /^(sqs|ecs|iam):/.test(action))).toEqual([]);
  });
});

test('more pools than one scaler can be told of are refused, not cut off', () => {
  const pools = parsePools(
    Array.from({ length: 20 }, (_, index) => ({ name: `pool-${index}`, handler: './a.ts' })),
  );
  const app = new App({ context: { 'aws:cdk:bundling-stacks': [] } });
  expect(() => new AgentpoolStack(app, 'Test', { pools })).toThrow('spread them over several stacks');
});

test('data outlives the stack', () => {
  template.hasResource('AWS::DynamoDB::Table', {
    DeletionPolicy: 'Retain',
    Properties: Match.objectLike({
      BillingMode: 'PAY_PER_REQUEST',
      TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    }),
  });
  template.hasResource('AWS::S3::Bucket', { DeletionPolicy: 'Retain' });
});
