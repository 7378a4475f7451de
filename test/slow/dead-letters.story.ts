// Covers: cli/commands/dead.ts, shared/aws/dead-letters.ts
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { run } from '../../cli/run.ts';
import { sqsClient } from '../../shared/aws/clients.ts';
import { openPool } from '../../shared/aws/open-pool.ts';
import { startTestStack, type TestStack } from '../emulated/stack.ts';

let stack: TestStack;
beforeAll(async () => {
  stack = await startTestStack({ ordering: 'none' });
});
afterAll(() => stack.close());

async function dead(...args: string[]): Promise<string> {
  const said: string[] = [];
  const output = { say: (text: string) => said.push(text), warn: (text: string) => said.push(text) };
  await run(['dead', ...args, '--outputs', stack.stack.outputsFile], output);
  return said.join('\n');
}

test('dead letters that another command has are not taken for none', async () => {
  expect(await dead('list', 'test')).toBe('the dead-letter queue is empty');
  const payload = { kind: 'inline', json: '1' };
  const body = JSON.stringify({ v: 1, pool: 'test', id: 'lost', sentAtMs: 1, payload });
  await sqsClient().send(
    new SendMessageCommand({ QueueUrl: stack.pool.deadLetterQueueUrl, MessageBody: body }),
  );
  expect(await dead('list', 'test')).toContain('lost');
  // A command that was killed while it had them.
  await openPool(stack.stack.outputs, 'test').deadLetters.take(10);
  expect(await dead('list', 'test')).toMatch(/^1 more can't be seen now/);
  expect(await dead('show', 'test')).toMatch(/^1 more can't be seen now/);
  expect(await dead('drop', 'test', 'lost', '--yes')).toMatch(
    /unknown task "lost".*1 more can't be seen now/,
  );
});
