import {
  Annotation,
  type BaseCheckpointSaver,
  DeltaChannel,
  END,
  interrupt,
  START,
  StateGraph,
} from '@langchain/langgraph';
import { describe, expect, test } from 'vitest';
import type { Thread } from '../../agent/langgraph/thread.ts';
import { longConversation } from './long-conversation.ts';
import { graphWith } from './state-of.ts';
import { conversationWith } from './turns.ts';

const Text = Annotation.Root({ text: Annotation<string>, heard: Annotation<string> });

/** A log that LangGraph stores as its changes, with a snapshot every `snapshotFrequency` of them. */
const logging = (snapshotFrequency: number) => (checkpointer: BaseCheckpointSaver) => {
  const log = () =>
    new DeltaChannel<string[], string[]>((before, more) => before.concat(...more), { snapshotFrequency });
  return graphWith<{ log: string[] }>({ log })
    .addNode('answer', (state) => ({ log: [`a${state.log.length}`] }))
    .addEdge(START, 'answer')
    .addEdge('answer', END)
    .compile({ checkpointer });
};

/** A graph with a subgraph, which asks a question for the text "ask". */
const withSubgraph = (own?: true) => (checkpointer: BaseCheckpointSaver) => {
  const child = new StateGraph(Text)
    .addNode('a', ({ text }) => ({ text: `${text}.` }))
    .addNode('b', ({ text, heard = '' }) => ({
      text: text.startsWith('ask') ? `${text}${interrupt('why?')}` : `${text}!`,
      heard: heard + text[0],
    }))
    .addEdge(START, 'a')
    .addEdge('a', 'b')
    .addEdge('b', END)
    .compile(own && { checkpointer: own });
  return new StateGraph(Text)
    .addNode(
      'child',
      own ? async ({ text }: typeof Text.State, config) => child.invoke({ text }, config) : child,
    )
    .addEdge(START, 'child')
    .addEdge('child', END)
    .compile({ checkpointer });
};

describe('the state that a checkpoint does not hold itself', () => {
  test.each([1, 3, 100])(
    'a log in a DeltaChannel is whole after 40 turns, with snapshots every %i changes',
    async (every) => {
      const conversation = conversationWith(logging(every));
      for (let turn = 1; turn <= 40; turn++) {
        const { log } = await conversation.turn<{ log: string[] }>({ log: [`q${turn}`] });
        expect(log).toHaveLength(2 * turn);
        expect(log.slice(-2)).toEqual([`q${turn}`, `a${2 * turn - 1}`]);
        expect(log[0]).toBe('q1');
      }
      const { checkpoints } = conversation.context() as Thread;
      expect(Object.keys(checkpoints[''] ?? {})).toHaveLength(1);
    },
  );

  test('every checkpoint kept for time travel has the whole log', async () => {
    const conversation = conversationWith(logging(7), { checkpoints: 5 });
    for (let turn = 1; turn <= 12; turn++) await conversation.turn({ log: [`q${turn}`] });
    const { checkpoints } = conversation.context() as Thread;
    expect(Object.keys(checkpoints[''] ?? {})).toHaveLength(5);
    expect((await conversation.turn<{ log: string[] }>({ log: ['q13'] })).log).toHaveLength(26);
  });
});

describe('a subgraph', () => {
  test('a subgraph leaves nothing behind once its invocation has ended', async () => {
    const conversation = conversationWith(withSubgraph());
    await conversation.turn({ text: 'turn 1' });
    const { length } = JSON.stringify(conversation.context());
    for (let turn = 2; turn <= 9; turn++) await conversation.turn({ text: `turn ${turn}` });
    expect(Object.keys((conversation.context() as Thread).checkpoints)).toEqual(['']);
    expect(conversation.bytes()).toBeLessThan(length + 50);
  });

  test('a subgraph that was interrupted goes on where it was, and then leaves nothing behind', async () => {
    const conversation = conversationWith(withSubgraph());
    await conversation.turn({ text: 'turn 1' });
    await conversation.turn({ text: 'ask' });
    expect(Object.keys((conversation.context() as Thread).checkpoints)).toHaveLength(2);
    expect(await conversation.turn({ resume: ' Because.' })).toMatchObject({ text: 'ask. Because.' });
    expect(Object.keys((conversation.context() as Thread).checkpoints)).toEqual(['']);
  });

  test('a subgraph that remembers its thread does so from turn to turn', async () => {
    const conversation = conversationWith(withSubgraph(true));
    for (const text of ['x', 'y', 'z']) await conversation.turn({ text });
    expect((await conversation.turn({ text: 'last' }))['heard']).toBe('xyzl');
    const { checkpoints } = conversation.context() as Thread;
    expect(Object.values(checkpoints).map((each) => Object.keys(each).length)).toEqual([1, 1]);
  });
});

test.each([
  [100, Infinity],
  [250, 20],
])(
  'a conversation of %i turns with sub-agents and a memory of %f messages stays within a constant factor of that memory',
  async (turns, remembered) => {
    await longConversation(turns, remembered);
  },
);
