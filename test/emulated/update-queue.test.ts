// Covers: local/deploy/stored-resources.ts, local/stack.ts
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sqsClient } from '../../shared/aws/clients.ts';
import { receivesOf } from '../../shared/core/pool/receives.ts';
import { pool } from '../unit/build.ts';
import { startTestStack, type TestStack } from './stack.ts';

let stack: TestStack;
beforeAll(async () => {
  stack = await startTestStack({ visibilitySeconds: 30 });
});
afterAll(() => stack.close());

test('a deployment changes what differs about a FIFO queue that exists, and nothing else', async () => {
  const before = await attributes();
  const changed = {
    name: 'test',
    handler: './agent/handlers/echo.ts',
    maxAttempts: 7,
    visibilitySeconds: 60,
  };
  await stack.stack.update([changed], {});

  const after = await attributes();
  expect(after['RedrivePolicy']).toContain(`"maxReceiveCount":${receivesOf(pool(changed))}}`);
  expect(after).toMatchObject({ VisibilityTimeout: '60', DeduplicationScope: 'messageGroup' });
  const { RedrivePolicy, VisibilityTimeout, LastModifiedTimestamp } = after;
  expect(after).toEqual({ ...before, RedrivePolicy, VisibilityTimeout, LastModifiedTimestamp });
});

async function attributes(): Promise<Record<string, string>> {
  const { Attributes: found = {} } = await sqsClient().send(
    new GetQueueAttributesCommand({ QueueUrl: stack.pool.queueUrl, AttributeNames: ['All'] }),
  );
  return found;
}
