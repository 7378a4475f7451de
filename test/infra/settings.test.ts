// Covers: infra/settings.ts
import { App } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { readSettings } from '../../infra/settings.ts';
import { AgentpoolStack } from '../../infra/stack.ts';
import { TWO_POOLS, templateOf } from './synthesize.ts';

describe('the settings given with -c', () => {
  test.each([
    ['stack', '1st', 'starting with a letter'],
    ['vpc', 'my-vpc', 'vpc-0a1b2c3d'],
    ['kmsKey', 'alias/mine', 'the ARN of a KMS key'],
    ['alarmEmail', 'nobody', 'an email address'],
    ['dashboards', 'maybe', '"all"'],
    ['pools', '[{"name":', 'invalid JSON'],
  ])('the setting -c %s=%s is rejected with the allowed values', (name, value, allowed) => {
    const app = new App({ context: { [name]: value } });
    expect(() => readSettings(app, value)).toThrow(new RegExp(`-c ${name}=.*${allowed}`, 's'));
  });

  test('an unknown setting is rejected with the known ones', () => {
    const app = new App({ context: { alarmMail: 'ops@example.com' } });
    expect(() => readSettings(app, TWO_POOLS)).toThrow(
      '-c alarmMail: unknown setting (settings: stack, vpc, cluster, image',
    );
  });

  test("with an image of the user's own none is built", () => {
    const template = templateOf(TWO_POOLS, { image: 'public.ecr.aws/me/agents:7' });
    template.allResourcesProperties('AWS::ECS::TaskDefinition', {
      ContainerDefinitions: [Match.objectLike({ Image: 'public.ecr.aws/me/agents:7' })],
    });
  });

  test('an existing VPC is looked up only with the account and region of the deployment', () => {
    const app = new App({ context: { vpc: 'vpc-0a1b2c3d' } });
    expect(() => new AgentpoolStack(app, 'Test', { settings: readSettings(app, TWO_POOLS) })).toThrow(
      /account\/region/,
    );
  });

  test('alarms are mailed to the given address', () => {
    templateOf(TWO_POOLS, { alarmEmail: 'ops@example.com' }).hasResourceProperties('AWS::SNS::Subscription', {
      Protocol: 'email',
      Endpoint: 'ops@example.com',
    });
  });
});
