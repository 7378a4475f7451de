import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { readSettings } from '../../infra/settings.ts';
import { AgentpoolStack } from '../../infra/stack.ts';
import type { PoolInput } from '../../shared/core/pool/config.ts';

export const TWO_POOLS: readonly PoolInput[] = [
  {
    name: 'ordered',
    handler: './a.ts',
    stopTimeoutSeconds: 90,
    visibilitySeconds: 60,
    agent: { cpu: 1024, memoryMiB: 2048, environment: { MODEL: 'm' }, secrets: { KEY: 'model:key' } },
    capacity: { onDemandBase: 2, spotPercent: 75 },
    budget: { agentHoursPerDay: 24, whenReached: 'warn' },
  },
  { name: 'unordered', handler: './b.ts', ordering: 'none' },
];

/** The stack of these pools, with what `-c name=value` would say; functions are not bundled. */
export function stackOf(pools: readonly PoolInput[], context: Readonly<Record<string, unknown>> = {}) {
  const app = new App({ context: { 'aws:cdk:bundling-stacks': [], ...context } });
  const settings = readSettings(app, pools);
  const stack = new AgentpoolStack(app, settings.stack, { settings });
  return { app, stack };
}

export function templateOf(pools: readonly PoolInput[], context: Readonly<Record<string, unknown>> = {}) {
  return Template.fromStack(stackOf(pools, context).stack);
}
