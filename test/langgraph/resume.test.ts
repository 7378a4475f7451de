import {
  Annotation,
  type BaseCheckpointSaver,
  Command,
  END,
  interrupt,
  Send,
  START,
  StateGraph,
} from '@langchain/langgraph';
import { expect, test } from 'vitest';
import { conversationWith } from './turns.ts';

const State = Annotation.Root({
  question: Annotation<string>,
  answer: Annotation<string>,
  resume: Annotation<string>,
  log: Annotation<string[]>({ reducer: (log, more) => log.concat(more), default: () => [] }),
});

/** Asks for permission, unless it stops before the question. */
const asking = (interruptBefore: 'ask'[] = []) =>
  conversationWith((checkpointer: BaseCheckpointSaver) =>
    new StateGraph(State)
      .addNode('prepare', () => ({ log: ['prepared'] }))
      .addNode(
        'ask',
        () => {
          const answer = interruptBefore.length > 0 ? 'unasked' : String(interrupt('may I?'));
          return { answer, log: ['asked'] };
        },
        { ends: ['other'] },
      )
      .addNode('other', ({ question }) => ({ log: [`other: ${question}`] }))
      .addEdge(START, 'prepare')
      .addEdge('prepare', 'ask')
      .addEdge('ask', END)
      .compile({ checkpointer, interruptBefore }),
  );
const asJson = (command: Command) => JSON.parse(JSON.stringify(command)) as unknown;

test.each([
  ['an object with the answer', { resume: 'yes' }],
  ['a Command as JSON', asJson(new Command({ resume: 'yes' }))],
])('a graph that asked a question goes on with the answer, given as %s', async (_form, payload) => {
  const conversation = asking();
  expect(await conversation.turn({ question: 'x' })).toMatchObject({ __interrupt__: [{ value: 'may I?' }] });
  expect(await conversation.turn(payload)).toEqual({
    question: 'x',
    answer: 'yes',
    log: ['prepared', 'asked'],
  });
});

test('each of several questions gets its answer by its ID', async () => {
  const conversation = conversationWith((checkpointer: BaseCheckpointSaver) =>
    new StateGraph(State)
      .addNode('a', () => ({ log: [`a: ${interrupt('a?')}`] }))
      .addNode('b', () => ({ log: [`b: ${interrupt('b?')}`] }))
      .addEdge(START, 'a')
      .addEdge(START, 'b')
      .compile({ checkpointer }),
  );
  const { __interrupt__: asked } = await conversation.turn<{
    __interrupt__: { id: string; value: string }[];
  }>({
    question: 'x',
  });
  const resume = Object.fromEntries(asked.map(({ id, value }) => [id, `answer to ${value}`]));
  expect(await conversation.turn({ resume })).toMatchObject({ log: ['a: answer to a?', 'b: answer to b?'] });
});

test('a graph that stops before a node goes on with any answer', async () => {
  const conversation = asking(['ask']);
  expect(await conversation.turn({ question: 'x' })).not.toHaveProperty('answer');
  expect(await conversation.turn({ resume: true })).toMatchObject({ answer: 'unasked' });
});

test('a Command also updates the state and goes to nodes, with input of their own', async () => {
  const conversation = asking();
  await conversation.turn({ question: 'x' });
  const goto = [new Send('other', { question: 'sent' }), 'other'];
  const { log } = await conversation.turn<{ log: string[] }>(
    asJson(new Command({ resume: 'yes', update: { question: 'y' }, goto })),
  );
  expect(log.slice(1).sort()).toEqual(['asked', 'other: sent', 'other: y']);
});

test('a field named resume is input when no question is open', async () => {
  const conversation = asking();
  expect(await conversation.turn({ resume: 'input' })).toMatchObject({ resume: 'input', log: ['prepared'] });
});
