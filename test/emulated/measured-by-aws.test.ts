// Covers: console/local/metrics.ts
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DeleteMessageCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { metricStore } from '../../console/local/metrics.ts';
import { sqsClient } from '../../shared/aws/clients.ts';
import { startTestStack, type TestStack } from './stack.ts';

/** AWS services report their own metrics to CloudWatch. The local stack has to report the same ones to the console. */
let stack: TestStack;
beforeAll(async () => {
  stack = await startTestStack();
});
afterAll(() => stack.close());

test('the invocations, errors and durations of a function are read from its log', async () => {
  const reconciler = stack.function('reconcile');
  await reconciler.invoke({ detail: { taskArn: 'none', group: 'family:else' } });
  await expect(reconciler.invoke('no event')).rejects.toThrow();
  const metrics = metricStore();
  const log = await readFile(join(stack.logDirectory, `${reconciler.logicalId}.log`), 'utf8');
  for (const line of log.split('\n')) metrics.addLine(line);
  const of = (metric: string, stat: string) =>
    metrics.statistic(
      { namespace: 'AWS/Lambda', metric, dimensions: { FunctionName: reconciler.logicalId } },
      stat,
      { fromMs: 0, toMs: Date.now() },
    );
  expect([of('Invocations', 'Sum'), of('Errors', 'Sum'), of('Duration', 'SampleCount')]).toEqual([2, 1, 2]);
});

test('the oldest message of a queue counts until it is deleted, in flight too', async () => {
  const QueueUrl = stack.pool.queueUrl;
  const oldest = () => stack.stack.emulators.oldestSentAtMs(QueueUrl.split('/').at(-1) ?? '');
  expect(await oldest()).toBeUndefined();
  const before = Date.now();
  await stack.client.sendTasks([{ payload: 1 }, { payload: 2 }]);
  const sent = await oldest();
  expect(sent).toBeGreaterThanOrEqual(before);
  const { Messages: messages = [] } = await sqsClient().send(
    new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }),
  );
  expect(messages).toHaveLength(2);
  expect(await oldest()).toBe(sent);
  for (const { ReceiptHandle } of messages)
    await sqsClient().send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
  expect(await oldest()).toBeUndefined();
});
