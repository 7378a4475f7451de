// Covers: infra/agent-image.ts, infra/secrets.ts, infra/network.ts, infra/watch/alarm-topic.ts, infra/grants/grant-logs-key.ts, infra/names.ts
import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Key } from 'aws-cdk-lib/aws-kms';
import { describe, expect, test } from 'vitest';
import { imageNamed } from '../../infra/agent-image.ts';
import { AgentPlatform } from '../../infra/agent-platform.ts';
import { AgentPool } from '../../infra/agent-pool.ts';
import { prefixOf } from '../../infra/names.ts';
import type { PoolInput } from '../../shared/core/pool/config.ts';

const PRIVATE = '123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/agents:7';

function stackWith({
  image = PRIVATE,
  hasKey = false,
  ...changes
}: Partial<PoolInput> & { image?: string; hasKey?: boolean } = {}) {
  const stack = new Stack(new App({ context: { 'aws:cdk:bundling-stacks': [] } }), 'Mine');
  const encryptionKey = hasKey ? new Key(stack, 'Key') : undefined;
  const platform = new AgentPlatform(stack, 'Agents', { ...(encryptionKey && { encryptionKey }) });
  const pool = { name: 'support', handler: './a.ts', ...changes };
  new AgentPool(stack, 'Support', { platform, pool, image: imageNamed(stack, image) });
  return Template.fromStack(stack);
}
const json = (template: Template, type: string) => JSON.stringify(template.findResources(type));

describe('in an account', () => {
  test('CloudWatch may publish to the topic of the alarms, for alarms of the account', () => {
    stackWith().hasResourceProperties('AWS::SNS::TopicPolicy', {
      PolicyDocument: Match.objectLike({
        Statement: Match.arrayWith([
          Match.objectLike({
            Effect: 'Allow',
            Action: 'sns:Publish',
            Principal: { Service: 'cloudwatch.amazonaws.com' },
            Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
          }),
        ]),
      }),
    });
  });

  test('a key of the stack admits CloudWatch Logs, and every log group is under it', () => {
    const template = stackWith({ hasKey: true });
    expect(json(template, 'AWS::KMS::Key')).toContain('kms:EncryptionContext:aws:logs:arn');
    for (const group of Object.values(template.findResources('AWS::Logs::LogGroup')))
      expect(group['Properties']).toHaveProperty('KmsKeyId');
  });

  test('an image in a private ECR repository can be pulled, by tag or by digest', () => {
    const template = stackWith();
    expect(json(template, 'AWS::IAM::Policy')).toContain('ecr:BatchGetImage');
    expect(json(template, 'AWS::IAM::Policy')).toContain(
      ':ecr:eu-west-1:123456789012:repository/team/agents',
    );
    expect(json(template, 'AWS::ECS::TaskDefinition')).toContain('/team/agents:7');
    const digest = `sha256:${'a'.repeat(64)}`;
    const pinned = stackWith({ image: PRIVATE.replace(':7', `@${digest}`) });
    expect(json(pinned, 'AWS::ECS::TaskDefinition')).toContain(`/team/agents@${digest}`);
    expect(json(stackWith({ image: 'public.ecr.aws/me/agents:7' }), 'AWS::IAM::Policy')).not.toContain(
      'ecr:',
    );
  });

  test('a service is created after its capacity and its routes, and without a reference from the scaler', () => {
    const template = stackWith();
    const [service] = Object.values(template.findResources('AWS::ECS::Service'));
    const after = (service?.['DependsOn'] ?? []).map(
      (id: string) => template.toJSON()['Resources'][id].Type as string,
    );
    expect(after).toEqual(
      expect.arrayContaining(['AWS::ECS::ClusterCapacityProviderAssociations', 'AWS::EC2::Route']),
    );
    expect(json(template, 'AWS::Lambda::Function')).not.toContain('Service');
  });

  test('tags of a pool are on its agents, and lines of the log are buffered for a burst', () => {
    const template = stackWith();
    template.hasResourceProperties('AWS::ECS::Service', {
      PropagateTags: 'SERVICE',
      EnableECSManagedTags: true,
      Tags: [{ Key: 'agentpool:pool', Value: 'support' }],
    });
    expect(json(template, 'AWS::ECS::TaskDefinition')).toContain('"mode":"non-blocking"');
    expect(json(template, 'AWS::ECS::TaskDefinition')).toContain('"max-buffer-size":"16777216b"');
  });

  test('only ECS of this account may take the roles of agents', () => {
    const roles = Object.entries(stackWith().findResources('AWS::IAM::Role')).filter(([id]) =>
      /Support/.test(id),
    );
    expect(roles).toHaveLength(2);
    for (const [, role] of roles) expect(JSON.stringify(role)).toContain('aws:SourceAccount');
  });

  test.each([
    [
      100,
      2,
      [
        { CapacityProvider: 'FARGATE', Base: 2, Weight: 1 },
        { CapacityProvider: 'FARGATE_SPOT', Weight: 100 },
      ],
    ],
    [100, 0, [{ CapacityProvider: 'FARGATE_SPOT', Weight: 100 }]],
    [0, 0, [{ CapacityProvider: 'FARGATE', Base: 0, Weight: 100 }]],
  ])(
    'with %d %% on Spot and a base of %d on demand, no provider has the weight 0',
    (spotPercent, onDemandBase, strategy) => {
      stackWith({ capacity: { spotPercent, onDemandBase } }).hasResourceProperties('AWS::ECS::Service', {
        CapacityProviderStrategy: strategy,
      });
    },
  );

  test('names of resources begin with the stack, and fit', () => {
    const named = (name: string) => prefixOf(new Stack(new App(), 'S', { stackName: name }));
    expect(named('Agentpool')).toBe('Agentpool');
    const long = `a${'b'.repeat(100)}`;
    expect(named(long)).toMatch(/^ab{20}-[0-9a-f]{8}$/);
    expect(named(`${long}c`)).not.toBe(named(long));
  });
});

describe('a secret', () => {
  const secret = (stored: string) => {
    const template = stackWith({ agent: { secrets: { KEY: stored } } });
    const [definition] = Object.values(template.findResources('AWS::ECS::TaskDefinition'));
    const from = JSON.stringify(definition?.['Properties'].ContainerDefinitions[0].Secrets[0].ValueFrom);
    return { from, policies: json(template, 'AWS::IAM::Policy') };
  };
  const ARN = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:model/key-AbCdEf';

  test.each([
    ['by its name', 'model', ':secret:model"'],
    ['by a name that ends like a complete ARN', 'model-abcdef', ':secret:model-abcdef"'],
    ['and one field of it', 'model:key', ':secret:model:key::"'],
    ['by its complete ARN', ARN, ARN],
    ['by its complete ARN, and one field of it', `${ARN}:key`, `${ARN}:key::`],
    ['in Parameter Store', 'ssm:/team/model', ':parameter/team/model"'],
  ])('a secret is found %s', (_how, stored, expected) => {
    expect(secret(stored).from).toContain(expected);
  });

  test('a secret may be read by its own agents, under any six characters', () => {
    expect(secret('model').policies).toContain(':secret:model-??????');
    expect(secret(ARN).policies).toContain(ARN);
    expect(secret('ssm:/team/model').policies).toContain('ssm:GetParameters');
  });

  test.each([
    'arn:aws:ssm:eu-west-1:123456789012:parameter/x',
    'arn:aws:secretsmanager:eu-west-1:123456789012:secret:model',
  ])('an ARN that is not complete is refused with what to do: %s', (arn) => {
    expect(() => secret(arn)).toThrow('is no complete ARN of Secrets Manager');
  });
});
