// Covers: shared/aws/dynamo-items.ts, shared/aws/packed-json.ts
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { run } from '../../cli/run.ts';
import { agentKey, decisionKey, overrideKey, stateKey, taskKey } from '../../shared/aws/keys.ts';
import { packMinutes } from '../../shared/aws/minutes-codec.ts';
import { DECISION_VERSION } from '../../shared/core/decision-record.ts';
import { lastDecision } from '../../shared/ports/decision-log.ts';
import { viewPool } from '../../shared/views/pool-view.ts';
import { decisionRecord, inputs, observation } from '../unit/build.ts';
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

test('an agent of an earlier version works on the one task that it names, also while it drains', async () => {
  const item = (id: string, changes: object) => {
    const times = { statusSinceMs: 7, launchedAtMs: 1, heartbeatAtMs: 8 };
    const context = { contextBytes: 0, warmContexts: [], minutes: packMinutes([]) };
    return { ...agentKey('test', id), revision: 'agents:1', ...times, ...context, ...changes };
  };
  await put(item('busy', { status: 'busy', taskId: 't', retiring: true, cancelledTaskId: 't' }));
  // It has no word for that, and finishes its task.
  await put(item('draining', { status: 'draining', taskId: 't' }));
  await put(item('ready', { status: 'ready' }));
  await put(item('stopped', { status: 'stopped', taskId: 't', interruptedTaskId: 't' }));
  const { instances, unreadable } = await stack.store.instances();
  expect(unreadable).toEqual([]);
  expect(instances.map(({ id, slots, tasks }) => ({ id, slots, tasks }))).toEqual([
    { id: 'busy', slots: 1, tasks: { t: 7 } },
    { id: 'draining', slots: 1, tasks: { t: 7 } },
    { id: 'ready', slots: 1, tasks: {} },
    { id: 'stopped', slots: 1, tasks: {} },
  ]);
  // Whatever the pool's concurrency is, it works on one.
  await stack.store.setSlots('busy', 16);
  expect(await stack.store.instance('busy')).toMatchObject({ slots: 1, tasks: { t: 7 } });
});

test('a decision of an earlier version, or a broken one, is named wherever decisions are shown', async () => {
  const nowMs = Date.now();
  await put({
    ...decisionKey('test', nowMs - 2),
    observation: { pool: 'test', atMs: nowMs - 2 },
    control: {},
  });
  await put({ ...decisionKey('test', nowMs - 1), v: DECISION_VERSION, decision: 'to 5' });
  await put({ ...decisionKey('test', nowMs - 3), v: DECISION_VERSION, packed: randomBytes(100) });
  const reasons = await Array.fromAsync(
    stack.decisions.read(),
    (each) => each.kind === 'unreadable' && each.reason,
  );
  expect(reasons).toEqual([
    expect.stringContaining('it cannot be read: observation'),
    `another version of agentpool recorded it, in format the first; this one reads format ${DECISION_VERSION}`,
    expect.stringContaining('it cannot be read: '),
  ]);
  for (const command of [['explain', 'test'], ['status'], ['history', 'test']])
    expect(await said(...command)).toMatch(/cannot be read/);
  expect(await said('history', 'test', '--export', join(stack.logDirectory, 'decisions.jsonl'))).toMatch(
    '0 decisions exported to',
  );
  expect((await viewPool(stack)).decision).toMatchObject({ kind: 'unreadable' });
});

test('a decision whose fields an earlier version wrote one by one is shown', async () => {
  const record = decisionRecord(inputs({ ...observation(1), atMs: Date.now() }));
  await put({ ...decisionKey('test', record.observation.atMs), v: DECISION_VERSION, ...record });
  expect(await lastDecision(stack.decisions)).toMatchObject({ kind: 'decision', record });
  expect(await said('explain', 'test')).toContain(record.decision.reason.text);
});

test('an override of another shape is left out, and a task record names what is wrong with it', async () => {
  await put({ ...overrideKey('test', 5), kind: 'wish', by: 'a', atMs: 5 });
  expect(await stack.overrides.latest(10)).toEqual([]);
  await put({ ...taskKey('test', 'broken'), status: 'thinking' });
  await expect(stack.tasks.get('broken')).rejects.toThrow(
    /^the record of task broken cannot be read: status/,
  );
});

/** What a command prints. */
async function said(...args: string[]): Promise<string> {
  const lines: string[] = [];
  await run([...args, '--outputs', stack.stack.outputsFile], {
    say: (text) => void lines.push(text),
    warn: (text) => void lines.push(text),
  });
  return lines.join('\n');
}
