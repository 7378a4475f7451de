// Covers: cli/commands/task.ts
import { afterAll, beforeAll, expect, test } from 'vitest';
import { run } from '../../cli/run.ts';
import { NOW_MS } from '../unit/build.ts';
import { startTestStack, type TestStack } from './stack.ts';

let stack: TestStack;
beforeAll(async () => {
  stack = await startTestStack();
});
afterAll(() => stack.close());

test('task shows why a task was put off until it is done', async () => {
  const { tasks } = stack;
  const sent = { id: 't', sentAtMs: NOW_MS };
  const begin = (deliveryId: string) => tasks.begin(sent, { agentId: 'a', deliveryId, nowMs: NOW_MS });
  await begin('first');
  await tasks.retry({ id: 't', attempt: 1 }, { kind: 'returned', reason: 'LimitReached: try again in 40 s' });
  expect(await shown('t')).toMatch(/^reason {4}LimitReached: try again in 40 s$/m);
  await begin('second');
  await tasks.complete(
    { id: 't', attempt: 2 },
    {
      nowMs: NOW_MS,
      result: { kind: 'inline', json: '7' },
      traffic: { bytesRead: 0, bytesWritten: 0 },
    },
  );
  const done = await shown('t');
  expect(done).toMatch(/^result {4}7$/m);
  expect(done).not.toContain('reason');
});

async function shown(id: string): Promise<string> {
  const lines: string[] = [];
  const say = (text: string) => void lines.push(text);
  await run(['task', id, '--outputs', stack.stack.outputsFile], { say, warn: say });
  return lines.join('\n');
}
