// Covers: infra/rules/alarms-reach-their-topic.ts, infra/rules/roles-can-use-keys.ts, infra/rules/log-groups-can-use-keys.ts, infra/rules/actions-exist.ts, infra/rules/actions-apply.ts, infra/rules/iam-actions.ts, infra/rules/iam-resources.ts, infra/rules/policies.ts, infra/rules/keys.ts, infra/rules/all-statements.ts
import { describe, expect, test } from 'vitest';
import { actionsApply } from '../../infra/rules/actions-apply.ts';
import { actionsExist } from '../../infra/rules/actions-exist.ts';
import { alarmsReachTheirTopic } from '../../infra/rules/alarms-reach-their-topic.ts';
import { logGroupsCanUseKeys } from '../../infra/rules/log-groups-can-use-keys.ts';
import { rolesCanUseKeys } from '../../infra/rules/roles-can-use-keys.ts';
import {
  allow,
  arn,
  check,
  document,
  join,
  key,
  policy,
  type Resources,
  ref,
  resource,
} from './check-rule.ts';

const service = (name: unknown) => ({ Principal: { Service: name }, Resource: '*' });

describe('alarms reach their topic', () => {
  const cloudwatch = service('cloudwatch.amazonaws.com');
  const denyPlain = {
    Effect: 'Deny',
    Action: 'sns:Publish',
    Principal: '*',
    Resource: ref('Topic'),
    Condition: { Bool: { 'aws:SecureTransport': 'false' } },
  };
  const topicPolicy = (...statements: readonly object[]) =>
    resource('AWS::SNS::TopicPolicy', { Topics: [ref('Topic')], PolicyDocument: document(...statements) });
  const good: Resources = {
    Alarm: resource('AWS::CloudWatch::Alarm', { AlarmActions: [ref('Topic')] }),
    Topic: resource('AWS::SNS::Topic', { KmsMasterKeyId: arn('Key') }),
    Key: key(allow(['kms:Decrypt', 'kms:GenerateDataKey*'], cloudwatch)),
    TopicPolicy: topicPolicy(denyPlain, allow('sns:Publish', cloudwatch)),
  };

  test('a topic whose policy and key admit CloudWatch is fine, and so is one without a policy', () => {
    expect(check(alarmsReachTheirTopic, good)).toEqual([]);
    const { TopicPolicy: _, ...withoutPolicy } = good;
    expect(check(alarmsReachTheirTopic, withoutPolicy)).toEqual([]);
  });

  test('a topic whose policy only denies is found, because the policy replaces the default', () => {
    expect(check(alarmsReachTheirTopic, { ...good, TopicPolicy: topicPolicy(denyPlain) })).toEqual([
      {
        logicalId: 'Topic',
        message:
          'Alarms cannot notify this topic: its policy does not allow sns:Publish to cloudwatch.amazonaws.com',
      },
    ]);
  });

  test('a topic whose key does not admit CloudWatch is found', () => {
    expect(check(alarmsReachTheirTopic, { ...good, Key: key(allow('kms:Decrypt', cloudwatch)) })).toEqual([
      {
        logicalId: 'Topic',
        message:
          'Alarms cannot notify this topic: the policy of its key Key does not allow kms:GenerateDataKey to cloudwatch.amazonaws.com',
      },
    ]);
  });

  test('a topic that no alarm notifies may admit anybody it likes', () => {
    const { Alarm: _, ...withoutAlarm } = good;
    expect(check(alarmsReachTheirTopic, { ...withoutAlarm, TopicPolicy: topicPolicy(denyPlain) })).toEqual(
      [],
    );
  });
});

describe('roles can use keys', () => {
  const useKey = (...actions: readonly string[]) => allow(actions, { Resource: arn('Key') });
  const encrypted: Readonly<Record<string, Resources>> = {
    table: {
      Data: resource('AWS::DynamoDB::Table', { SSESpecification: { KMSMasterKeyId: arn('Key') } }),
    },
    bucket: {
      Data: resource('AWS::S3::Bucket', {
        BucketEncryption: {
          ServerSideEncryptionConfiguration: [
            { ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: arn('Key') } },
          ],
        },
      }),
    },
    queue: { Data: resource('AWS::SQS::Queue', { KmsMasterKeyId: ref('Alias') }) },
    topic: { Data: resource('AWS::SNS::Topic', { KmsMasterKeyId: arn('Key') }) },
    secret: { Data: resource('AWS::SecretsManager::Secret', { KmsKeyId: arn('Key') }) },
  };
  const withRole = (kind: string, ...statements: readonly object[]): Resources => ({
    ...encrypted[kind],
    Key: key(),
    Alias: resource('AWS::KMS::Alias', { TargetKeyId: arn('Key') }),
    Role: resource('AWS::IAM::Role'),
    Policy: policy('Role', ...statements),
  });

  test.each([
    ['table', 'dynamodb:PutItem', ['kms:Decrypt']],
    ['bucket', 's3:PutObject', ['kms:Decrypt', 'kms:GenerateDataKey']],
    ['bucket', 's3:Get*', ['kms:Decrypt']],
    ['queue', 'sqs:SendMessage', ['kms:Decrypt', 'kms:GenerateDataKey']],
    ['topic', 'sns:Publish', ['kms:Decrypt', 'kms:GenerateDataKey']],
    ['secret', 'secretsmanager:GetSecretValue', ['kms:Decrypt']],
  ])('a role that may use an encrypted %s with %s, but not its key, is found', (kind, action, needed) => {
    const data = allow(action, { Resource: [join(arn('Data'), '/prefix/*'), ref('Data')] });
    expect(check(rolesCanUseKeys, withRole(kind, data, useKey(...needed)))).toEqual([]);
    expect(check(rolesCanUseKeys, withRole(kind, data))).toEqual(
      needed.map((missing) => ({
        logicalId: 'Role',
        message: `This role may use Data, but its calls are denied: it lacks ${missing} on the key Key`,
      })),
    );
  });

  test('the policy of the key can admit a role in place of a policy of its own', () => {
    const data = allow('sqs:ReceiveMessage', { Resource: arn('Data') });
    const admitted = key(allow('kms:Decrypt', { Principal: { AWS: arn('Role') }, Resource: '*' }));
    expect(check(rolesCanUseKeys, { ...withRole('queue', data), Key: admitted })).toEqual([]);
  });

  test.each<[string, Resources]>([
    [
      'an inline policy',
      {
        Role: resource('AWS::IAM::Role', { Policies: [{ PolicyDocument: document(useKey('kms:Decrypt')) }] }),
      },
    ],
    [
      'a managed policy',
      {
        Role: resource('AWS::IAM::Role', { ManagedPolicyArns: [ref('Managed')] }),
        Managed: resource('AWS::IAM::ManagedPolicy', { PolicyDocument: document(useKey('kms:*')) }),
      },
    ],
    [
      'a policy resource that names it',
      {
        Inline: resource('AWS::IAM::RolePolicy', {
          RoleName: ref('Role'),
          PolicyDocument: document(allow('kms:Decrypt', { Resource: '*' })),
        }),
      },
    ],
  ])('a role can be allowed to use the key by %s', (_, change) => {
    const data = allow('sqs:ReceiveMessage', { Resource: arn('Data') });
    expect(check(rolesCanUseKeys, { ...withRole('queue', data), ...change })).toEqual([]);
  });

  test('a policy of the role is not enough for a key that leaves nothing to the account', () => {
    const data = allow('sqs:ReceiveMessage', { Resource: arn('Data') });
    const closed = resource('AWS::KMS::Key', {
      KeyPolicy: document(allow('kms:*', service('x.amazonaws.com'))),
    });
    const resources = { ...withRole('queue', data, useKey('kms:Decrypt')), Key: closed };
    expect(check(rolesCanUseKeys, resources)).toHaveLength(1);
  });

  test('counting messages takes no key', () => {
    const count = allow('sqs:GetQueueAttributes', { Resource: arn('Data') });
    expect(check(rolesCanUseKeys, withRole('queue', count))).toEqual([]);
  });
});

describe('log groups can use keys', () => {
  const ACTIONS = ['kms:Encrypt*', 'kms:Decrypt*', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:Describe*'];
  const logs = (region: unknown) => service(join('logs.', region, '.amazonaws.com'));
  const withKey = (Key: Resources[string]): Resources => ({
    Logs: resource('AWS::Logs::LogGroup', { KmsKeyId: arn('Key') }),
    Key,
  });

  test('a key admits the logs of the region, by its name or by reference', () => {
    expect(check(logGroupsCanUseKeys, withKey(key(allow(ACTIONS, logs(ref('AWS::Region'))))))).toEqual([]);
    const named = withKey(key(allow(ACTIONS, logs('eu-west-1'))));
    expect(check(logGroupsCanUseKeys, named, 'eu-west-1')).toEqual([]);
    expect(check(logGroupsCanUseKeys, named, 'us-east-1')).toHaveLength(1);
  });

  test('a log group whose key admits only the account is found', () => {
    expect(check(logGroupsCanUseKeys, withKey(key()))).toEqual([
      {
        logicalId: 'Logs',
        message:
          'CloudWatch Logs cannot create this log group: the policy of its key Key does not allow kms:Encrypt, kms:Decrypt, kms:ReEncryptFrom, kms:GenerateDataKey, kms:DescribeKey to logs.REGION.amazonaws.com',
      },
    ]);
  });
});

describe('actions exist', () => {
  test.each(['dynamodb:GetItems', 'sqs:SendMessages', 'ecs:ProtectTask', 'xray:Put*Documents'])(
    'the unknown action %s is found',
    (action) => {
      const resources = { Policy: policy('Role', allow(action, { Resource: '*' })) };
      expect(check(actionsExist, resources)).toEqual([
        { logicalId: 'Policy', message: `This policy has the unknown action ${action}` },
      ]);
    },
  );

  test('actions that exist, patterns of them and services that are open are fine', () => {
    const actions = ['dynamodb:GetItem', 's3:Get*', 'kms:*', 'SQS:sendmessage', 'bedrock:InvokeModel', '*'];
    expect(check(actionsExist, { Policy: policy('Role', allow(actions, { Resource: '*' })) })).toEqual([]);
    const inline = [{ PolicyDocument: document(allow('sqs:Send', { Resource: '*' })) }];
    expect(check(actionsExist, { Role: resource('AWS::IAM::Role', { Policies: inline }) })).toHaveLength(1);
  });
});

describe('actions apply', () => {
  const others: Resources = {
    Table: resource('AWS::DynamoDB::Table'),
    Bucket: resource('AWS::S3::Bucket'),
    Logs: resource('AWS::Logs::LogGroup'),
    Service: resource('AWS::ECS::Service'),
  };
  const found = (...statement: readonly [string | readonly string[], object]) =>
    check(actionsApply, { ...others, Policy: policy('Role', allow(...statement)) }).map(
      ({ message }) => message,
    );
  const tasks = join(
    'arn:',
    ref('AWS::Partition'),
    ':ecs:',
    ref('AWS::Region'),
    ':1:task/',
    ref('Cluster'),
    '/*',
  );

  test.each([
    ['dynamodb:Query', join(arn('Table'), '/index/open')],
    ['dynamodb:GetItem', arn('Table')],
    ['s3:GetObject', join(arn('Bucket'), '/contexts/*')],
    ['s3:ListBucket', arn('Bucket')],
    [['logs:CreateLogStream', 'logs:PutLogEvents'], arn('Logs')],
    ['ecs:StopTask', tasks],
    ['ecs:UpdateService', ref('Service')],
    ['xray:PutTraceSegments', '*'],
    [
      ['s3:GetObject', 's3:ListBucket'],
      [arn('Bucket'), join(arn('Bucket'), '/*')],
    ],
    ['sqs:SendMessage', { 'Fn::ImportValue': 'Queue' }],
  ])('the action %j is granted on what it supports', (action, Resource) => {
    expect(found(action, { Resource })).toEqual([]);
  });

  test.each([
    ['dynamodb:GetItem', join(arn('Table'), '/index/open'), 'table'],
    ['s3:GetObject', arn('Bucket'), 'object'],
    ['s3:ListBucket', join(arn('Bucket'), '/*'), 'bucket'],
    ['ecs:UpdateService', tasks, 'service'],
    ['ecs:DescribeTasks', ref('Service'), 'task'],
    ['xray:PutTraceSegments', arn('Logs'), '*'],
    ['sqs:SendMessage', arn('Table'), 'queue'],
  ])('the action %s on a resource that it does not support is found', (action, Resource, supported) => {
    expect(found(action, { Resource })).toEqual([
      expect.stringContaining(`The action ${action} can be granted on ${supported}, not on `),
    ]);
  });

  test.each([
    [['dynamodb:GetItem', 'dynamodb:Scan'], 'dynamodb:LeadingKeys', ['dynamodb:Scan']],
    [['s3:ListBucket', 's3:GetObject'], 's3:prefix', ['s3:GetObject']],
    ['ecs:ListClusters', 'ecs:cluster', ['ecs:ListClusters']],
    [['dynamodb:Query', 'dynamodb:BatchWriteItem'], 'dynamodb:LeadingKeys', []],
    ['ecs:ListTasks', 'ecs:cluster', []],
    ['dynamodb:Scan', 'aws:SourceAccount', []],
  ])('of the actions %j, those without the condition key %s are found', (action, name, without) => {
    expect(
      found(action, { Resource: '*', Condition: { 'ForAllValues:StringLike': { [name]: ['x'] } } }),
    ).toEqual(without.map((each) => `The action ${each} has no condition key ${name}`));
  });
});
