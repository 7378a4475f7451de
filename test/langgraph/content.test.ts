import { AIMessage, HumanMessage } from '@langchain/core/messages';
import { Annotation, END, interrupt, Send, START, StateGraph } from '@langchain/langgraph';
import {
  type BaseCheckpointSaver,
  type Checkpoint,
  DeltaSnapshot,
  emptyCheckpoint,
  JsonPlusSerializer,
  MemorySaver,
  type SerializerProtocol,
} from '@langchain/langgraph-checkpoint';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { closeThread, openThread, parseThread } from '../../agent/langgraph/thread.ts';
import { cases } from '../cases.ts';
import { conversationWith } from './turns.ts';

/** Whatever LangGraph's serializer knows, and nested in each other. */
const { value: anyValue } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom(undefined, new Date(0), /a+b/gi, new Error('failed'), new Send('node', { turn: 1 })),
    fc.uint8Array({ maxLength: 300 }),
    fc.string().map((text) => new HumanMessage(text)),
    fc.constant(new AIMessage({ content: 'x', tool_calls: [{ name: 'edit', args: { b: 1, a: 2 } }] })),
    fc.record({ $type: fc.constantFrom('bytes', 'json'), base64: fc.string(), text: fc.string() }),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(tie('value'), { maxLength: 4 }).map((values) => new Set(values)),
    fc.array(fc.tuple(fc.string(), tie('value')), { maxLength: 4 }).map((pairs) => new Map(pairs)),
    fc.dictionary(fc.string(), tie('value'), { maxKeys: 4 }),
    tie('value').map((value) => new DeltaSnapshot(value)),
  ),
}));

const at = { configurable: { thread_id: 't', checkpoint_ns: '' } };
const checkpointOf = (values: Record<string, unknown>): Checkpoint => ({
  ...emptyCheckpoint(),
  channel_values: values,
  channel_versions: Object.fromEntries(Object.keys(values).map((channel) => [channel, 1])),
});

/** A saver whose thread was stored as a context in between. */
function stored(saver: ReturnType<typeof openThread>, serde?: SerializerProtocol) {
  return openThread('t', parseThread(JSON.parse(JSON.stringify(closeThread('t', saver)))), serde);
}
const newThread = (serde?: SerializerProtocol) => openThread('t', parseThread(undefined), serde);

test('every value comes back as it does from the in-memory saver of LangGraph', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.dictionary(
        fc.string().filter((name) => name !== '__proto__'),
        anyValue,
        { maxKeys: 4 },
      ),
      async (values) => {
        const [memory, own] = [new MemorySaver(), newThread()];
        const checkpoint = checkpointOf(values);
        for (const saver of [memory, own])
          await saver.put(at, checkpoint, { source: 'loop', step: 1, parents: {} });
        const [expected, found] = [await memory.getTuple(at), await stored(own).getTuple(at)];
        expect(found?.checkpoint.channel_values).toStrictEqual(expected?.checkpoint.channel_values);
      },
    ),
    { numRuns: cases(2_000) },
  );
});

test('every pending write comes back as the serializer reads it, bytes included', async () => {
  const serde = new JsonPlusSerializer();
  await fc.assert(
    fc.asyncProperty(fc.array(anyValue, { minLength: 1, maxLength: 4 }), async (values) => {
      const own = newThread();
      const config = await own.put(at, checkpointOf({}), { source: 'loop', step: 1, parents: {} });
      await own.putWrites(
        config,
        values.map((value, index): [string, unknown] => [`channel ${index}`, value]),
        'task',
      );
      const found = (await stored(own).getTuple(at))?.pendingWrites?.map(([, , value]) => value);
      const expected = await Promise.all(
        values.map(async (value) => serde.loadsTyped(...(await serde.dumpsTyped(value)))),
      );
      expect(found).toStrictEqual(expected);
    }),
    { numRuns: cases(1_000) },
  );
});

test('a serializer of its own gets back exactly the type and the bytes that it wrote', async () => {
  const type = fc.constantFrom('json', 'bytes', 'msgpack', 'aes+json', '');
  const text = fc.constantFrom(
    '{"big":12345678901234567890}',
    ' [1, 2]',
    '{"a":1,"a":2}',
    '{"$type":"json"}',
    '"x"',
  );
  const bytes = fc.oneof(
    fc.uint8Array(),
    text.map((each) => new Uint8Array(Buffer.from(each))),
  );
  await fc.assert(
    fc.asyncProperty(type, bytes, async (type, content) => {
      const read: unknown[] = [];
      const serde: SerializerProtocol = {
        dumpsTyped: async (value) => [type, value === 'mine' ? content : Buffer.from(JSON.stringify(value))],
        async loadsTyped(type, data) {
          if (Buffer.compare(Buffer.from(data), content) !== 0)
            return JSON.parse(Buffer.from(data).toString());
          read.push([type, [...Buffer.from(data)]]);
          return 'mine';
        },
      };
      const own = newThread(serde);
      await own.put(at, checkpointOf({ a: 'mine' }), { source: 'loop', step: 1, parents: {} });
      expect((await stored(own, serde).getTuple(at))?.checkpoint.channel_values).toEqual({ a: 'mine' });
      expect(read).toEqual([[type, [...content]]]);
    }),
    { numRuns: cases(1_000) },
  );
});

test('bytes in a channel reach the next turn, and what a parallel node wrote before an interruption', async () => {
  const State = Annotation.Root({ image: Annotation<Uint8Array>, seen: Annotation<string> });
  const conversation = conversationWith((checkpointer: BaseCheckpointSaver) =>
    new StateGraph(State)
      .addNode('load', () => ({ image: new Uint8Array([1, 2, 255]) }))
      .addNode('ask', () => interrupt('which?'))
      .addNode('show', ({ image }) => ({ seen: `${image.constructor.name} ${image.join()}` }))
      .addEdge(START, 'load')
      .addEdge(START, 'ask')
      .addEdge('load', 'show')
      .addEdge('show', END)
      .compile({ checkpointer }),
  );
  await conversation.turn({ seen: '' });
  expect(await conversation.turn({ resume: {} })).toEqual({
    image: { $bytes: 'AQL/' },
    seen: 'Uint8Array 1,2,255',
  });
});
