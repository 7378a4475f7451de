// Covers: agent/langgraph/agent.ts, agent/langgraph/thread.ts, agent/langgraph/thread-saver.ts
import { expect, test } from 'vitest';
import type { AgentHandler } from '../../agent/handler.ts';
import langgraph from '../../agent/handlers/langgraph.ts';
import type { Thread } from '../../agent/langgraph/thread.ts';

const tools = { signal: new AbortController().signal, progress: () => {} };
const task = (content: string): Parameters<AgentHandler>[0] => ({
  id: 'task',
  contextId: 'thread',
  payload: { messages: [{ role: 'user', content }] },
  attempt: 1,
  progress: undefined,
});

test('a LangGraph thread continues from JSON, with its latest checkpoints and the values that they need', async () => {
  let context: unknown;
  for (let turn = 1; turn <= 12; turn++) {
    const stored: unknown = context === undefined ? undefined : JSON.parse(JSON.stringify(context));
    const done = await langgraph(task(`turn ${turn}`), stored, tools);
    expect(JSON.stringify(done.result)).toContain(`as message ${turn} of this conversation`);
    context = done.context;
  }
  const { checkpoints, values } = context as Thread;
  expect(Object.values(checkpoints).flatMap((ofNamespace) => Object.keys(ofNamespace))).toHaveLength(10);
  expect(Object.keys(values).length).toBeLessThan(40);
});

test('a context of another handler is rejected, not overwritten', async () => {
  await expect(langgraph(task('hello'), { turns: 3 }, tools)).rejects.toThrow('another handler wrote it');
});
