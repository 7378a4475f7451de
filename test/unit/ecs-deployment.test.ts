import type { Deployment } from '@aws-sdk/client-ecs';
import { expect, test } from 'vitest';
import { readDeployment } from '../../shared/aws/ecs-deployment.ts';
import { NOW_MS } from './build.ts';

const ref = { id: 'ecs-svc/2', createdAtMs: NOW_MS };
const deployment = (number: number, changes: Deployment): Deployment => ({
  id: `ecs-svc/${number}`,
  createdAt: new Date(NOW_MS + (number - 2) * 60_000),
  desiredCount: 2,
  runningCount: 1,
  pendingCount: 1,
  failedTasks: 0,
  rolloutState: 'IN_PROGRESS',
  ...changes,
});
const failed = { rolloutState: 'FAILED', rolloutStateReason: 'tasks failed to start.' } as const;

test.each<readonly [string, Deployment[], object]>([
  [
    'in progress with its counts',
    [deployment(2, { status: 'PRIMARY', failedTasks: 1 })],
    { kind: 'in-progress', desired: 2, running: 1, pending: 1, failed: 1 },
  ],
  ['completed', [deployment(2, { status: 'PRIMARY', rolloutState: 'COMPLETED' })], { kind: 'completed' }],
  [
    'failed with ECS’s reason while it is rolled back',
    [deployment(1, { status: 'PRIMARY' }), deployment(2, { status: 'ACTIVE', ...failed })],
    { kind: 'failed', reason: 'tasks failed to start.' },
  ],
  ['failed when it stalls', [deployment(2, { status: 'PRIMARY', ...failed })], { kind: 'failed' }],
  [
    'overtaken by a later one while its agents still run',
    [deployment(3, { status: 'PRIMARY' }), deployment(2, { status: 'ACTIVE' })],
    { kind: 'overtaken' },
  ],
  ['overtaken when only a later one is left', [deployment(3, { status: 'PRIMARY' })], { kind: 'overtaken' }],
  ['unknown when only an earlier one is left', [deployment(1, { status: 'PRIMARY' })], { kind: 'unknown' }],
])('a deployment is %s', (_case, deployments, expected) => {
  expect(readDeployment({ deployments }, ref)).toMatchObject(expected);
});
