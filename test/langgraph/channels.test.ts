// Covers: agent/langgraph/thread-saver.ts, agent/langgraph/retention.ts
import {
  type BaseCheckpointSaver,
  END,
  interrupt,
  MemorySaver,
  Overwrite,
  START,
} from '@langchain/langgraph';
import * as channels from '@langchain/langgraph/channels';
import { describe, expect, test } from 'vitest';
import { graphWith } from './state-of.ts';
import { conversationWith } from './turns.ts';

/** What a node writes to a channel in each turn; undefined writes nothing. */
type Case = {
  readonly channel: () => channels.BaseChannel;
  readonly writes: readonly unknown[];
};

const texts = ['a', undefined, 'b', 'c', undefined, undefined, 'd'];
const append = (before: string[], more: string | string[]) => before.concat(more);

const CASES: Readonly<Record<string, Case>> = {
  AnyValue: { channel: () => new channels.AnyValue(), writes: texts },
  LastValue: { channel: () => new channels.LastValue(), writes: texts },
  LastValueAfterFinish: { channel: () => new channels.LastValueAfterFinish(), writes: texts },
  EphemeralValue: { channel: () => new channels.EphemeralValue(), writes: texts },
  UntrackedValueChannel: { channel: () => new channels.UntrackedValueChannel(), writes: texts },
  Topic: { channel: () => new channels.Topic({ unique: true, accumulate: true }), writes: [...texts, 'a'] },
  BinaryOperatorAggregate: {
    channel: () => new channels.BinaryOperatorAggregate(append, () => []),
    writes: texts,
  },
  DeltaChannel: {
    channel: () =>
      new channels.DeltaChannel<string[], string>((before, more) => append(before, more), {
        snapshotFrequency: 3,
      }),
    writes: [...texts, new Overwrite(['e']), 'f', undefined, 'g', 'h', 'i', 'j'],
  },
  NamedBarrierValue: {
    channel: () => new channels.NamedBarrierValue(new Set(['a', 'b'])),
    writes: ['a', undefined, 'b', 'a'],
  },
  NamedBarrierValueAfterFinish: {
    channel: () => new channels.NamedBarrierValueAfterFinish(new Set(['a', 'b'])),
    writes: ['a', undefined, 'b', 'a'],
  },
  DynamicBarrierValue: {
    channel: () => new channels.DynamicBarrierValue(),
    writes: [{ __names: ['a', 'b'] }, 'a', undefined, 'b'],
  },
};

/** A graph that writes what it is given, asks for leave and returns the state of the channel. */
const writing = (channel: Case['channel']) => (checkpointer: BaseCheckpointSaver) => {
  type State = { write: unknown; seen: unknown; channel: unknown };
  const lastValue = () => new channels.LastValue();
  return graphWith<State>({ write: lastValue, seen: lastValue, channel })
    .addNode('writer', ({ write }) => (write === null ? {} : { channel: write }))
    .addNode('reader', ({ channel: seen = null }) => ({ seen: [seen, interrupt('go on?')] }))
    .addEdge(START, 'writer')
    .addEdge('writer', 'reader')
    .addEdge('reader', END)
    .compile({ checkpointer });
};

describe('a channel of type', () => {
  test('every type that LangGraph exports is here', () => {
    const exported = Object.entries(channels).flatMap(([name, value]) =>
      typeof value === 'function' && value.prototype instanceof channels.BaseChannel ? [name] : [],
    );
    expect(Object.keys(CASES).sort()).toEqual(exported.sort());
  });

  test.each(Object.entries(CASES))(
    '%s has the state in every turn that it has with the in-memory saver',
    async (_name, { channel, writes }) => {
      const memory = new MemorySaver();
      const payloads = writes.flatMap((write, index) => [{ write: write ?? null }, { resume: index }]);
      const resultsOf = async (conversation: ReturnType<typeof conversationWith>) => {
        const results = [];
        for (const payload of payloads) {
          // The ID of an interruption is different in each run.
          const { __interrupt__: asked, ...state } = await conversation.turn(payload);
          results.push({ ...state, asked: asked !== undefined });
        }
        return results;
      };
      const expected = await resultsOf(conversationWith(() => writing(channel)(memory)));
      expect(await resultsOf(conversationWith(writing(channel)))).toEqual(expected);
      expect(await resultsOf(conversationWith(writing(channel), { checkpoints: 3 }))).toEqual(expected);
    },
  );
});
