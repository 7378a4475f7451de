// Covers: functions/reconcile/handler.ts, shared/runtime/close-record.ts
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { instance } from '../unit/build.ts';
import { startTestStack, type TestStack } from './stack.ts';

/** The stack's reconciler, called as EventBridge does when an ECS task has stopped. */
let stack: TestStack;
beforeAll(async () => {
  stack = await startTestStack();
});
afterAll(() => stack.close());

const reconciler = () => stack.function('reconcile');
const log = () => readFile(join(stack.logDirectory, `${reconciler().logicalId}.log`), 'utf8');
const stopped = (id: string, detail: object) => ({
  detail: {
    taskArn: `arn:aws:ecs:us-east-1:000000000000:task/cluster/${id}`,
    group: `service:${stack.pool.service}`,
    ...detail,
  },
});
const statusOf = async (id: string) =>
  (await stack.store.instances()).instances.find((each) => each.id === id)?.status;

test('the record of an agent that crashed is closed at once, and the crash is counted', async () => {
  await stack.store.register(instance({ id: 'crashed' }));
  const containers = [{ exitCode: 1 }];
  await reconciler().invoke(stopped('crashed', { stopCode: 'EssentialContainerExited', containers }));
  expect(await statusOf('crashed')).toBe('lost');
  await vi.waitFor(async () => expect(await log()).toMatch(/"AgentsCrashed":1/), { timeout: 60_000 });
  expect(await log()).toContain('"Pool":"test"');
});

test('an agent that deregistered stays stopped, even when the event comes twice', async () => {
  await stack.store.register(instance({ id: 'gone' }));
  await stack.store.transition('gone', 'stop', { nowMs: 1 });
  for (const _ of [1, 2])
    await reconciler().invoke(stopped('gone', { stopCode: 'ServiceSchedulerInitiated' }));
  expect(await statusOf('gone')).toBe('stopped');
});

test('an ECS task of no pool is ignored', async () => {
  await expect(reconciler().invoke(stopped('else', { group: 'family:something' }))).resolves.toBeUndefined();
});
