// Covers: agent/langgraph/agent.ts, agent/langgraph/thread.ts, agent/langgraph/thread-saver.ts
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import langgraph from '../../agent/handlers/langgraph.ts';
import { NO_TOOLS } from '../tools.ts';
import { conversationWith } from './turns.ts';

const said = (content: string) => ({ messages: [{ role: 'user', content }] });
const task = { id: 't', contextId: 'thread', payload: said('hello'), attempt: 1, progress: undefined };

test('a LangGraph thread continues from JSON', async () => {
  const conversation = conversationWith(langgraph);
  for (let turn = 1; turn <= 12; turn++) {
    const result = await conversation.turn(said(`turn ${turn}`));
    expect(JSON.stringify(result)).toContain(`as message ${turn} of this conversation`);
  }
});

test('a thread that was stored by the first version goes on', async () => {
  const context: unknown = JSON.parse(readFileSync('test/langgraph/thread-version-1.json', 'utf8'));
  const done = await langgraph(task, context, NO_TOOLS);
  expect(JSON.stringify(done.result)).toContain('You said \\"hello\\", as message 4 of this conversation.');
  const next = await langgraph(task, JSON.parse(JSON.stringify(done.context)), NO_TOOLS);
  expect(JSON.stringify(next.result)).toContain('as message 5');
});

test('a context of another handler is rejected, not overwritten', async () => {
  await expect(langgraph(task, { turns: 3 }, NO_TOOLS)).rejects.toThrow('another handler wrote it');
});
