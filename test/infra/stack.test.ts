// Covers: infra/stack.ts, infra/agent-service.ts, infra/storage/pool-queue.ts, infra/storage/pool-table.ts, infra/storage/context-bucket.ts, infra/lambda/scaler.ts
import { Match, type Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, test } from 'vitest';
import { TWO_POOLS, templateOf } from './synthesize.ts';

let template: Template;
beforeAll(() => {
  template = templateOf(TWO_POOLS);
});

const resources = (type: string) => Object.values(template.findResources(type));

describe('the services of the agents', () => {
  test("the services have no desired count, which a deployment would overwrite the scaler's with", () => {
    const services = resources('AWS::ECS::Service');
    expect(services).toHaveLength(2);
    for (const service of services) expect(service['Properties']).not.toHaveProperty('DesiredCount');
  });

  test('the services are not rebalanced, keep their agents through a deployment and roll back one that does not start', () => {
    template.allResourcesProperties('AWS::ECS::Service', {
      AvailabilityZoneRebalancing: 'DISABLED',
      DeploymentConfiguration: Match.objectLike({
        MinimumHealthyPercent: 100,
        MaximumPercent: 200,
        DeploymentCircuitBreaker: { Enable: true, Rollback: true },
      }),
    });
  });

  test('the services run on demand, or partly on Spot beyond an on-demand base', () => {
    template.hasResourceProperties('AWS::ECS::Service', {
      CapacityProviderStrategy: [{ CapacityProvider: 'FARGATE', Base: 0, Weight: 100 }],
    });
    template.hasResourceProperties('AWS::ECS::Service', {
      CapacityProviderStrategy: [
        { CapacityProvider: 'FARGATE', Base: 2, Weight: 25 },
        { CapacityProvider: 'FARGATE_SPOT', Weight: 75 },
      ],
    });
  });

  test('an agent gets its size, its stop timeout, its variables and its secrets', () => {
    template.hasResourceProperties('AWS::ECS::TaskDefinition', {
      Cpu: '1024',
      Memory: '2048',
      ContainerDefinitions: [
        Match.objectLike({
          StopTimeout: 90,
          Command: ['node', '--optimize-for-size', 'agent/main.ts'],
          Environment: Match.arrayWith([{ Name: 'MODEL', Value: 'm' }]),
          Secrets: [{ Name: 'KEY', ValueFrom: Match.anyValue() }],
        }),
      ],
    });
  });

  test('an agent writes only to its scratch space, has no privileges and accepts no connections', () => {
    template.allResourcesProperties('AWS::ECS::TaskDefinition', {
      ContainerDefinitions: [
        Match.objectLike({
          ReadonlyRootFilesystem: true,
          LinuxParameters: { Capabilities: { Drop: ['ALL'] }, InitProcessEnabled: true },
          MountPoints: [{ ContainerPath: '/tmp', ReadOnly: false, SourceVolume: 'scratch' }],
        }),
      ],
    });
    for (const group of resources('AWS::EC2::SecurityGroup')) {
      expect(group['Properties']).not.toHaveProperty('SecurityGroupIngress');
    }
  });
});

describe('the queues', () => {
  test('an ordered pool has a high-throughput FIFO queue and a FIFO dead-letter queue', () => {
    template.resourcePropertiesCountIs(
      'AWS::SQS::Queue',
      { FifoQueue: true, FifoThroughputLimit: 'perMessageGroupId', DeduplicationScope: 'messageGroup' },
      2,
    );
    template.hasResourceProperties('AWS::SQS::Queue', {
      FifoQueue: true,
      VisibilityTimeout: 60,
      RedrivePolicy: Match.objectLike({ maxReceiveCount: 100 }),
    });
  });

  test('the queues are encrypted and accept only TLS', () => {
    template.allResourcesProperties('AWS::SQS::Queue', { SqsManagedSseEnabled: true });
    expect(resources('AWS::SQS::QueuePolicy')).toHaveLength(4);
  });
});

describe('the functions', () => {
  test('the scaler is invoked every minute, and a failed or late invocation is not repeated', () => {
    template.hasResourceProperties('AWS::Events::Rule', {
      ScheduleExpression: 'rate(1 minute)',
      Targets: [Match.objectLike({ RetryPolicy: { MaximumEventAgeInSeconds: 60, MaximumRetryAttempts: 0 } })],
    });
    template.hasResourceProperties('AWS::Lambda::EventInvokeConfig', {
      MaximumEventAgeInSeconds: 60,
      MaximumRetryAttempts: 0,
    });
  });

  test('the reconciler gets an event for every stopped ECS task of the cluster', () => {
    template.hasResourceProperties('AWS::Events::Rule', {
      EventPattern: {
        source: ['aws.ecs'],
        'detail-type': ['ECS Task State Change'],
        detail: { clusterArn: [Match.anyValue()], lastStatus: ['STOPPED'] },
      },
    });
  });

  test('the compactor is called for each pool by itself, every hour, in case a day’s work takes several runs', () => {
    for (const pool of ['ordered', 'unordered'])
      template.hasResourceProperties('AWS::Events::Rule', {
        Name: Match.stringLikeRegexp(`-${pool}$`),
        ScheduleExpression: 'rate(1 hour)',
        Targets: [Match.objectLike({ Input: Match.serializedJson(Match.objectLike({ pool })) })],
      });
  });

  test('the functions run on Node 24 on arm64, and their logs expire', () => {
    template.allResourcesProperties('AWS::Lambda::Function', {
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      TracingConfig: { Mode: 'Active' },
    });
    template.allResourcesProperties('AWS::Logs::LogGroup', { RetentionInDays: Match.anyValue() });
  });
});

test('a change of the ordering, which replaces the queues, keeps the old ones with their tasks', () => {
  for (const queue of resources('AWS::SQS::Queue'))
    expect(queue).toMatchObject({ UpdateReplacePolicy: 'Retain', DeletionPolicy: 'Delete' });
});

test('the data outlives the stack, and can be recovered', () => {
  template.hasResource('AWS::DynamoDB::Table', {
    DeletionPolicy: 'RetainExceptOnCreate',
    Properties: Match.objectLike({
      BillingMode: 'PAY_PER_REQUEST',
      TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    }),
  });
  template.hasResource('AWS::S3::Bucket', {
    DeletionPolicy: 'RetainExceptOnCreate',
    Properties: Match.objectLike({
      VersioningConfiguration: { Status: 'Enabled' },
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
    }),
  });
});

test("a key of the user's own encrypts everything that is stored", () => {
  const key = 'arn:aws:kms:us-east-1:111122223333:key/0d1c2b3a-1111-2222-3333-444455556666';
  const own = templateOf(TWO_POOLS, { kmsKey: key });
  own.allResourcesProperties('AWS::SQS::Queue', { KmsMasterKeyId: key });
  own.allResourcesProperties('AWS::SNS::Topic', { KmsMasterKeyId: key });
  own.allResourcesProperties('AWS::Lambda::Function', { KmsKeyArn: key });
  own.hasResourceProperties('AWS::DynamoDB::Table', {
    SSESpecification: { SSEEnabled: true, KMSMasterKeyId: key, SSEType: 'KMS' },
  });
  own.hasResourceProperties('AWS::S3::Bucket', {
    BucketEncryption: {
      ServerSideEncryptionConfiguration: [
        { ServerSideEncryptionByDefault: { KMSMasterKeyID: key, SSEAlgorithm: 'aws:kms' } },
      ],
    },
  });
  own.hasResourceProperties('AWS::Logs::LogGroup', { KmsKeyId: key });
});
