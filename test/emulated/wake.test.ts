// Covers: shared/aws/wake-idle-pool.ts, functions/scale/handler.ts, local/lambda/server.ts
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { openForSending as awsTaskClient } from '../../shared/aws/open-for-sending.ts';
import { startTestStack, type TestStack } from './stack.ts';

let stack: TestStack;
beforeAll(async () => {
  // Nothing invokes the scaler on a schedule.
  stack = await startTestStack({ min: 0, tickSeconds: 0.5 });
  await stack.function('scale').invoke({});
});
afterAll(() => stack.close());

const desired = async () => (await stack.fleet.read()).desired;

test('sending a task wakes an idle pool', async () => {
  expect(await desired()).toBe(0);
  const startMs = performance.now();
  await stack.client.sendTask({ payload: 1 });
  await vi.waitUntil(async () => (await desired()) > 0, { timeout: 60_000, interval: 50 });
  console.log(`woken ${((performance.now() - startMs) / 1000).toFixed(1)} s after the send`);
});

test('a pool that wants agents is not woken, and neither is one whose scaler the sender does not know', async () => {
  const { name, queueUrl } = stack.pool;
  const { tableName, bucketName } = stack.stack.outputs;
  const address = { pool: name, queueUrl, tableName, bucketName };
  const invoked = vi.spyOn(stack.function('scale'), 'invoke');
  await awsTaskClient({ ...address, scaler: stack.stack.outputs.scalerName }).sendTask({ payload: 2 });
  await awsTaskClient(address).sendTask({ payload: 3 });
  expect(invoked).not.toHaveBeenCalled();
});

test('a sender that may not invoke the scaler, or names another function, sends all the same', async () => {
  const { name, queueUrl } = stack.pool;
  const { tableName, bucketName } = stack.stack.outputs;
  const client = awsTaskClient({ pool: name, queueUrl, tableName, bucketName, scaler: 'no-such-function' });
  expect(await client.getTask(await client.sendTask({ payload: 4 }))).toMatchObject({ status: 'queued' });
});
