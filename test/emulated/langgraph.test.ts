// Covers: agent/handlers/langgraph.ts
import { afterAll, expect, test } from 'vitest';
import { startTestStack } from './stack.ts';

/** The example agent, in a process that ECS starts. */
const stack = await startTestStack({ handler: './agent/handlers/langgraph.ts', min: 1, max: 2 }, 100);
afterAll(() => stack.close());

const say = async (contextId: string, text: string) => {
  const id = await stack.client.sendTask({
    contextId,
    payload: { messages: [{ role: 'user', content: text }] },
  });
  const task = await stack.client.waitForTask(id, 40_000);
  return JSON.stringify(task.status === 'done' ? task.result : task);
};

test('a LangGraph agent remembers its own conversation from task to task', async () => {
  expect(await say('one', 'hello')).toContain('You said \\"hello\\", as message 1 of this conversation.');
  expect(await say('one', 'again')).toContain('You said \\"again\\", as message 2 of this conversation.');
  expect(await say('two', 'hi')).toContain('You said \\"hi\\", as message 1 of this conversation.');
  expect((await stack.contexts.restore('one')).version).toBe(2);
});
