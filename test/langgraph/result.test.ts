// Covers: agent/langgraph/result.ts
import { AIMessage, HumanMessage, ToolMessage } from '@langchain/core/messages';
import { END, interrupt, MessagesAnnotation, START, StateGraph } from '@langchain/langgraph';
import { expect, test } from 'vitest';
import { langGraphAgent } from '../../agent/langgraph/agent.ts';
import { resultOf } from '../../agent/langgraph/result.ts';
import { NO_TOOLS } from '../tools.ts';

const CALL = { id: 'call-1', name: 'order', args: { order: 7 }, type: 'tool_call' as const };
const STATE = {
  messages: [
    new HumanMessage('where?'),
    new AIMessage({ content: '', tool_calls: [CALL] }),
    new ToolMessage({ content: 'on its way', tool_call_id: 'call-1' }),
    new AIMessage({
      content: [
        { type: 'text', text: 'It is ' },
        { type: 'text', text: 'on its way.' },
      ],
    }),
  ],
  file: new Uint8Array([1, 2]),
};

test('messages are plain, with roles that every model knows, and no classes of LangChain', () => {
  const result = resultOf(STATE, 'state') as { messages: object[] };
  expect(result).toMatchObject({
    messages: [
      { role: 'user', content: 'where?' },
      { role: 'assistant', content: '', tool_calls: [CALL] },
      { role: 'tool', content: 'on its way', tool_call_id: 'call-1' },
      { role: 'assistant' },
    ],
    file: { $bytes: 'AQI=' },
  });
  expect(result.messages[0]).not.toHaveProperty('tool_calls');
  expect(JSON.stringify(result)).not.toMatch(/constructor|kwargs|lc_/);
});

test('a caller who wants the answer gets what the model said last, or what the graph asks', async () => {
  expect(resultOf(STATE, 'answer')).toEqual({ answer: 'It is on its way.' });
  expect(resultOf({ total: 3 }, 'answer')).toEqual({ answer: '' });
  const graph = new StateGraph(MessagesAnnotation)
    .addNode('ask', () => ({ messages: [new AIMessage(String(interrupt('Which order?')))] }))
    .addEdge(START, 'ask')
    .addEdge('ask', END);
  const agent = langGraphAgent((checkpointer) => graph.compile({ checkpointer }), { result: 'answer' });
  const turn = (payload: unknown, context: unknown) =>
    agent({ id: 't', contextId: 'c', payload, attempt: 1, progress: undefined }, context, NO_TOOLS);
  const asked = await turn({ messages: [{ role: 'human', content: 'Where is it?' }] }, undefined);
  expect(asked.result).toMatchObject({
    answer: '',
    __interrupt__: [{ value: 'Which order?' }],
  });
  const answered = await turn({ resume: 'number 7' }, asked.context);
  expect(answered.result).toEqual({ answer: 'number 7' });
});
