import { AIMessage, type BaseMessage } from '@langchain/core/messages';
import {
  Annotation,
  type BaseCheckpointSaver,
  DeltaChannel,
  END,
  type Messages,
  MessagesAnnotation,
  messagesStateReducer,
  START,
  StateGraph,
} from '@langchain/langgraph';
import { expect } from 'vitest';
import { textOf } from '../unit/conversing.ts';
import { conversationWith } from './turns.ts';

/** Of the bytes that the conversation's messages and notes have themselves. */
const FACTOR = 3;
/** Of what does not grow: the latest checkpoint, the state of the sub-agent's graph. */
const CONSTANT = 40_000;

/**
 * Has a conversation whose every turn asks a sub-agent, takes a note in a `DeltaChannel` and, every tenth turn, says
 * something large. The graph remembers that many messages and notes. Checks after every tenth of the conversation that the
 * context has not outgrown them.
 */
export async function longConversation(turns: number, remembered: number): Promise<void> {
  const State = Annotation.Root({
    messages: Annotation<BaseMessage[], Messages>({
      reducer: (messages, more) => messagesStateReducer(messages, more).slice(-remembered),
      default: () => [],
    }),
    notes: (() =>
      new DeltaChannel<string[], string[]>((notes, more) =>
        notes.concat(...more).slice(-remembered),
      )) as unknown as () => never,
  });
  const researcher = new StateGraph(MessagesAnnotation)
    .addNode('read', ({ messages }) => ({ messages: [new AIMessage(`read ${messages.length}`)] }))
    .addNode('conclude', () => ({ messages: [new AIMessage('concluded')] }))
    .addEdge(START, 'read')
    .addEdge('read', 'conclude')
    .addEdge('conclude', END)
    .compile();
  const graph = (checkpointer: BaseCheckpointSaver) =>
    new StateGraph(State)
      .addNode('research', async ({ messages }, config) => {
        const found = await researcher.invoke({ messages: messages.slice(-1) }, config);
        return { messages: [new AIMessage(found.messages.at(-1)?.text ?? '')], notes: ['researched'] };
      })
      .addEdge(START, 'research')
      .addEdge('research', END)
      .compile({ checkpointer });
  const conversation = conversationWith(graph);
  for (let turn = 1; turn <= turns; turn++) {
    const text = textOf(turn, turn % 10 === 0 ? 4_000 : 40);
    const { messages, notes } = await conversation.turn<{ messages: object[]; notes: string[] }>({
      messages: [{ role: 'user', content: text }],
    });
    if (turn % Math.ceil(turns / 10) !== 0) continue;
    expect(messages).toHaveLength(Math.min(remembered, 2 * turn));
    expect(notes).toHaveLength(Math.min(remembered, turn));
    expect(conversation.bytes()).toBeLessThan(CONSTANT + FACTOR * JSON.stringify([messages, notes]).length);
  }
}
