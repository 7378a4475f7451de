import { AIMessage, type BaseMessage, HumanMessage, ToolMessage } from '@langchain/core/messages';
import {
  type BaseCheckpointSaver,
  DeltaChannel,
  END,
  type Messages,
  messagesDeltaReducer,
  messagesStateReducer,
  START,
} from '@langchain/langgraph';
import { type BaseChannel, BinaryOperatorAggregate } from '@langchain/langgraph/channels';
import { graphWith } from '../../langgraph/state-of.ts';
import type { WorkTurn } from './work.ts';

type Files = Readonly<Record<string, string>>;
type State = { messages: BaseMessage[]; files: Files };

/** How the graph stores what grows: whole at every change, or as changes with a snapshot after every hundred. */
export type Channels = 'whole' | 'delta';

const merged = (before: Files, more: Files): Files => ({ ...before, ...more });

function channelsOf(kind: Channels): Readonly<Record<keyof State, () => BaseChannel>> {
  return kind === 'whole'
    ? {
        messages: () => new BinaryOperatorAggregate<BaseMessage[], Messages>(messagesStateReducer, () => []),
        files: () => new BinaryOperatorAggregate<Files>(merged, () => ({})),
      }
    : {
        messages: () => new DeltaChannel<BaseMessage[], Messages>(messagesDeltaReducer as never),
        files: () =>
          new DeltaChannel<Files, Files>((before, more) => more.reduce(merged, before), {
            initialValueFactory: () => ({}),
          }),
      };
}

/** A coding agent whose model and tools do the work of a turn: a call, its output, an answer. */
export function codingAgent(kind: Channels, turn: () => WorkTurn, checkpointer: BaseCheckpointSaver) {
  const id = (part: string) => `${part}-${turn().ask.slice(0, 9)}`;
  return graphWith<State>(channelsOf(kind))
    .addNode('model', () => ({
      messages: [
        new AIMessage({ id: id('call'), content: '', tool_calls: [{ id: id('tool'), ...turn().call }] }),
      ],
    }))
    .addNode('tools', () => {
      const { edited, output } = turn();
      return {
        messages: [new ToolMessage({ id: id('output'), tool_call_id: id('tool'), content: output })],
        ...(edited && { files: { [edited.path]: edited.content } }),
      };
    })
    .addNode('answer', () => ({ messages: [new AIMessage({ id: id('answer'), content: turn().answer })] }))
    .addEdge(START, 'model')
    .addEdge('model', 'tools')
    .addEdge('tools', 'answer')
    .addEdge('answer', END)
    .compile({ checkpointer });
}

/** What a turn begins with. */
export function asked({ ask }: WorkTurn): { readonly messages: readonly BaseMessage[] } {
  return { messages: [new HumanMessage({ id: `ask-${ask.slice(0, 9)}`, content: ask })] };
}
