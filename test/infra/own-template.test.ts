// Covers: infra/rules/rules.ts, infra/stack.ts, infra/agent-platform.ts
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { Cluster, ContainerImage } from 'aws-cdk-lib/aws-ecs';
import { Key } from 'aws-cdk-lib/aws-kms';
import { expect, test } from 'vitest';
import { AgentPlatform } from '../../infra/agent-platform.ts';
import { AgentPool } from '../../infra/agent-pool.ts';
import { RULES } from '../../infra/rules/rules.ts';
import type { PoolInput } from '../../shared/core/pool/config.ts';
import { stackOf, TWO_POOLS } from './synthesize.ts';

/** Read from the template and not from a failed synthesis, so that nothing is acknowledged. */
function findingsOf(stack: Stack): readonly string[] {
  const { Resources } = Template.fromStack(stack).toJSON() as Parameters<(typeof RULES)[number]['check']>[0];
  const template = { stackNames: [stack.stackName], region: undefined, Resources };
  return RULES.flatMap(({ id, check }) =>
    check(template).map(({ logicalId, message }) => `${id}: ${logicalId}: ${message}`),
  );
}

test.each([
  ['by default', {}],
  ['with a key', { kmsKey: 'arn:aws:kms:us-east-1:111122223333:key/0d1c2b3a-1111-2222-3333-444455556666' }],
])('the rules find nothing in the project’s own template, %s', (_, context) => {
  expect(findingsOf(stackOf(TWO_POOLS, context).stack)).toEqual([]);
});

test('the rules find nothing in a stack with a cluster of its own, and permissions of any service', () => {
  const stack = new Stack(new App({ context: { 'aws:cdk:bundling-stacks': [] } }), 'Mine');
  const vpc = new Vpc(stack, 'Vpc');
  const cluster = Cluster.fromClusterAttributes(stack, 'Cluster', { clusterName: 'machines', vpc });
  const platform = new AgentPlatform(stack, 'Agents', { vpc, cluster });
  const image = ContainerImage.fromRegistry('public.ecr.aws/me/agents:7');
  const pool = (name: string, changes: Partial<PoolInput>) =>
    new AgentPool(stack, name, { platform, pool: { name, handler: './a.ts', ...changes }, image });
  pool('machines', { capacity: { ec2: ['machines'] } });
  pool('tagging', { agent: { permissions: [{ actions: ['s3:PutObjectTagging'], resources: ['*'] }] } });
  expect(findingsOf(stack).filter((finding) => !/actions-exist.*s3:PutObjectTagging/.test(finding))).toEqual(
    [],
  );
  expect(() => (stack.node.root as App).synth()).not.toThrow();
});

test('the rules find nothing in a stack that encrypts everything with a key of its own', () => {
  const stack = new Stack(new App({ context: { 'aws:cdk:bundling-stacks': [] } }), 'Mine');
  const platform = new AgentPlatform(stack, 'Agents', { encryptionKey: new Key(stack, 'Key') });
  new AgentPool(stack, 'Support', {
    platform,
    pool: { name: 'support', handler: './agent/handlers/echo.ts' },
    image: ContainerImage.fromRegistry('public.ecr.aws/me/agents:7'),
  });
  expect(findingsOf(stack)).toEqual([]);
});
