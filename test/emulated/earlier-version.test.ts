// Covers: shared/aws/dynamo-items.ts
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decisionKey, stateKey, taskKey } from '../../shared/aws/keys.ts';
import version1 from '../unit/data/forecaster-state-version-1.json' with { type: 'json' };
import { startTestStack, type TestStack } from './stack.ts';

let stack: TestStack;
beforeAll(async () => {
  stack = await startTestStack();
});
afterAll(() => stack.close());

const put = (item: object) =>
  stack.table.dynamo.send(new PutCommand({ TableName: stack.table.table, Item: { ...item } }));

test('a pool that an earlier version paused stays paused, and its forecaster starts over', async () => {
  const control = { kind: 'paused', by: 'night shift', atMs: 1 };
  await put({
    ...stateKey('test'),
    holder: 'a',
    fence: 7,
    untilMs: 1,
    desired: 4,
    control,
    forecast: version1,
  });
  expect(await stack.overrides.read()).toMatchObject({ mode: control });
  const held = await stack.store.acquireLease('b', Date.now(), 1_000);
  expect(held).toMatchObject({ kind: 'held', mode: control, state: { desired: 4 }, lease: { fence: 8 } });
  expect(held.kind === 'held' && held.state.forecast).toBeUndefined();
});

test('a task that an agent of an earlier version runs is still found with its agent', async () => {
  const record = { id: 't', sentAtMs: 1, attempts: 1, status: 'running', attemptStartedAtMs: 2 };
  await put({ ...taskKey('test', 't'), ...record, instanceId: 'agent-1' });
  expect(await stack.tasks.get('t')).toMatchObject({ status: 'running', agentId: 'agent-1' });
});

test('decisions of an earlier version are not shown', async () => {
  await put({ ...decisionKey('test', 5), observation: { pool: 'test', atMs: 5 }, control: {} });
  expect(await stack.store.decisions(0)).toEqual([]);
  expect(await stack.overrides.lastDecision()).toBeUndefined();
});
