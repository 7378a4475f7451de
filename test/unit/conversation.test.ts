// Covers: console/conversation.ts
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { conversationOf, differenceOf } from '../../console/conversation.ts';

const user = { role: 'user', content: 'hello' };
const answer = {
  role: 'assistant',
  content: [{ type: 'text', text: 'hi' }],
  tool_calls: [{ function: { name: 'search' } }],
};

describe('a context as people read it', () => {
  test('is its messages, with the names of the tools they call', () => {
    expect(conversationOf({ messages: [user, answer] })).toEqual({
      kind: 'messages',
      messages: [
        { role: 'user', text: 'hello' },
        { role: 'assistant', text: 'hi', calls: ['search'] },
      ],
    });
  });

  test('is the messages of a LangGraph thread, without its checkpoints', () => {
    const file = new URL('../langgraph/thread-version-1.json', import.meta.url);
    const conversation = conversationOf(JSON.parse(readFileSync(file, 'utf8')));
    expect(conversation).toMatchObject({
      kind: 'messages',
      messages: expect.arrayContaining([
        { role: 'user', text: 'turn 1' },
        { role: 'assistant', text: 'You said "turn 1", as message 1 of this conversation.' },
      ]),
    });
  });

  test('is as the handler left it when it has no messages', () => {
    expect(conversationOf({ count: 3 })).toEqual({ kind: 'other', value: { count: 3 } });
  });
});

describe('what a turn changed', () => {
  test('is the messages it added', () => {
    expect(differenceOf({ messages: [user] }, { messages: [user, answer] })).toMatchObject({
      kind: 'messages',
      before: 1,
      added: [{ role: 'assistant' }],
    });
    expect(differenceOf(undefined, { messages: [user] })).toMatchObject({ kind: 'messages', before: 0 });
  });

  test('is all of it when earlier messages were rewritten', () => {
    const { kind } = differenceOf({ messages: [user] }, { messages: [answer] });
    expect(kind).toBe('rewritten');
  });

  test('is nothing when nothing changed', () => {
    expect(differenceOf({ count: 3 }, { count: 3 })).toEqual({ kind: 'unchanged' });
  });
});
