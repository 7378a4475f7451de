// Covers: infra/agent-platform.ts, infra/agent-pool.ts
import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { expect, test } from 'vitest';
import { AgentPlatform } from '../../infra/agent-platform.ts';
import { AgentPool } from '../../infra/agent-pool.ts';

test('pools that delegate to each other get the address and the permission, whichever comes first', () => {
  const stack = new Stack(new App({ context: { 'aws:cdk:bundling-stacks': [] } }), 'Mine');
  const platform = new AgentPlatform(stack, 'Agents', { dashboards: 'none' });
  for (const [name, other] of [
    ['a', 'b'],
    ['b', 'a'],
  ] as const)
    new AgentPool(stack, name, { platform, pool: { name, handler: './a.ts', delegatesTo: [other] } });
  const template = Template.fromStack(stack);
  for (const [name, other] of [
    ['a', 'b'],
    ['b', 'a'],
  ] as const) {
    template.hasResourceProperties('AWS::ECS::TaskDefinition', {
      Family: Match.stringLikeRegexp(`Mine${name}Agents`),
      ContainerDefinitions: [
        Match.objectLike({
          Environment: Match.arrayWith([
            {
              Name: 'AGENTPOOL_DELEGATES',
              Value: { 'Fn::Join': ['', Match.arrayWith([`{"${other}":{"pool":"${other}","queueUrl":"`])] },
            },
          ]),
        }),
      ],
    });
    template.hasResourceProperties('AWS::IAM::Policy', {
      Roles: [{ Ref: Match.stringLikeRegexp(`^${name}AgentsTaskRole`) }],
      PolicyDocument: Match.objectLike({
        Statement: Match.arrayWith([Match.objectLike({ Action: 'sqs:SendMessage' })]),
      }),
    });
  }
});

test('pools of two stacks do not delegate to each other', () => {
  const app = new App({ context: { 'aws:cdk:bundling-stacks': [] } });
  const platform = new AgentPlatform(new Stack(app, 'Platform'), 'Agents', { dashboards: 'none' });
  const pool = (name: string, delegatesTo: string[]) =>
    new AgentPool(new Stack(app, name), name, { platform, pool: { name, handler: './a.ts', delegatesTo } });
  pool('a', ['b']);
  expect(() => pool('b', [])).toThrow(`pool "a" can't delegate to "b", which is in another stack`);
});

test('a pool that delegates to one of another platform does not synthesize', () => {
  const app = new App({ context: { 'aws:cdk:bundling-stacks': [] } });
  const stack = new Stack(app, 'Mine');
  const platform = new AgentPlatform(stack, 'Agents', { dashboards: 'none' });
  new AgentPool(stack, 'a', { platform, pool: { name: 'a', handler: './a.ts', delegatesTo: ['elsewhere'] } });
  expect(() => app.synth()).toThrow(`pool "a" delegates to "elsewhere", which isn't a pool of its platform`);
});
