// Covers: infra/agent-platform.ts, infra/agent-pool.ts
import { App, Stack } from 'aws-cdk-lib';
import { ContainerImage } from 'aws-cdk-lib/aws-ecs';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { expect, test } from 'vitest';
import { AgentPlatform } from '../../infra/agent-platform.ts';
import { AgentPool } from '../../infra/agent-pool.ts';

test('the rules check the platform and the pools of anybody’s app once, and nothing else in it', () => {
  const app = new App({
    context: { 'aws:cdk:bundling-stacks': [] },
    builtinCloudFormationValidation: false,
  });
  const stack = new Stack(app, 'Mine');
  const platform = new AgentPlatform(stack, 'Agents');
  const pool = new AgentPool(stack, 'Support', {
    platform,
    pool: { name: 'support', handler: './agent/handlers/echo.ts' },
    image: ContainerImage.fromRegistry('public.ecr.aws/me/agents:7'),
  });
  for (const scope of [stack, platform, pool]) new Queue(scope, 'Planted');
  let report = '';
  try {
    app.synth();
  } catch (error) {
    report = (error as Error).message;
  }
  expect([...report.matchAll(/\S+\/Planted\/Resource/g)].map(([path]) => path)).toEqual([
    'Mine/Agents/Planted/Resource',
    'Mine/Support/Planted/Resource',
  ]);
});
