// Covers: agent/langgraph/writers.ts, agent/langgraph/saver.ts
import {
  Annotation,
  type BaseCheckpointSaver,
  Command,
  DeltaChannel,
  END,
  interrupt,
  Send,
  START,
  StateGraph,
} from '@langchain/langgraph';
import { emptyCheckpoint } from '@langchain/langgraph-checkpoint';
import { describe, expect, test } from 'vitest';
import { AgentpoolSaver, type SaverOptions } from '../../agent/langgraph/saver.ts';
import { contexts } from '../../shared/contexts/contexts.ts';
import { memoryContexts } from '../../sim/aws/context-stores.ts';
import { callsOf, headOf } from '../unit/conversing.ts';
import { virtualClock } from '../unit/virtual-clock.ts';
import { graphWith } from './state-of.ts';

const at = { configurable: { thread_id: 't' } };

/** The store of a pool, and processes that each have their own saver on it. */
function place() {
  const memory = memoryContexts();
  const clock = virtualClock();
  const start = clock.now();
  return {
    memory,
    waitedMs: () => clock.now() - start,
    saver: (options?: SaverOptions) =>
      new AgentpoolSaver(
        {
          contexts: contexts('test', { ...memory, clock }),
          ids: async function* () {
            yield* memory.stored.heads.keys();
          },
          clock,
        },
        options,
      ),
  };
}

/** A graph that works on `count` things in parallel. */
const mapReduce = (count: number, checkpointer: BaseCheckpointSaver) => {
  const State = Annotation.Root({
    index: Annotation<number>,
    got: Annotation<number[]>({ reducer: (got, more) => got.concat(more), default: () => [] }),
  });
  return new StateGraph(State)
    .addNode('fan', () => ({}))
    .addNode('work', ({ index }) => ({ got: [index] }))
    .addEdge(START, 'fan')
    .addConditionalEdges(
      'fan',
      () => Array.from({ length: count }, (_, index) => new Send('work', { index })),
      ['work'],
    )
    .addEdge('work', END)
    .compile({ checkpointer });
};

describe('writers of one process', () => {
  test.each([2, 10, 11, 50, 200])('%i parallel nodes write one thread, in a few writes', async (count) => {
    const { saver, memory, waitedMs } = place();
    const { got } = await mapReduce(count, saver()).invoke({ index: -1 }, at);
    expect(got.toSorted((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, index) => index));
    expect(callsOf(memory, 'advance')).toBeLessThan(12);
    expect(waitedMs()).toBe(0);
  });

  test('a write that cannot be made fails alone', async () => {
    const { saver } = place();
    const one = saver();
    const config = await one.put(at, emptyCheckpoint(), { source: 'input', step: -1, parents: {} }, {});
    const writes = ['a', 'constructor', 'b'].map((task) => one.putWrites(config, [['channel', task]], task));
    expect((await Promise.allSettled(writes)).map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
    ]);
    expect((await one.getTuple(config))?.pendingWrites?.map(([task]) => task).sort()).toEqual(['a', 'b']);
  });
});

describe('writers of several processes', () => {
  test('eight processes write one thread at the same time, and no write is lost', async () => {
    const { saver, memory } = place();
    const config = await saver().put(at, emptyCheckpoint(), { source: 'input', step: -1, parents: {} }, {});
    await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        saver().putWrites(config, [['channel', index]], `task ${index}`),
      ),
    );
    expect((await saver().getTuple(config))?.pendingWrites).toHaveLength(8);
    expect(headOf(memory, 't').version).toBe(9);
  });

  test('a writer that never gets its turn says so, after a bounded time', async () => {
    const { saver, memory, waitedMs } = place();
    const one = saver();
    await one.put(at, emptyCheckpoint(), { source: 'input', step: -1, parents: {} }, {});
    memory.store.advance = async () => false;
    const put = one.put(at, emptyCheckpoint(), { source: 'loop', step: 0, parents: {} }, {});
    await expect(put).rejects.toThrow('thread t cannot be written: others wrote it 12 times in a row');
    expect(waitedMs()).toBeGreaterThan(2_000);
    expect(waitedMs()).toBeLessThan(15_000);
  });
});

describe('a checkpointer outside of a pool', () => {
  /** Takes turns with a graph whose log is a `DeltaChannel`. */
  const logging = (checkpointer: BaseCheckpointSaver) => {
    const log = () =>
      new DeltaChannel<string[], string[]>((before, more) => before.concat(...more), {
        snapshotFrequency: 6,
      });
    return graphWith<{ log: string[] }>({ log })
      .addNode('answer', (state) => ({ log: [`a${state.log.length}`] }))
      .addEdge(START, 'answer')
      .addEdge('answer', END)
      .compile({ checkpointer });
  };
  const checkpointsIn = (saver: AgentpoolSaver) => Array.fromAsync(saver.list(at));

  test('a checkpointer keeps every checkpoint, unless it is given a number', async () => {
    const { saver } = place();
    const all = saver();
    for (let turn = 1; turn <= 5; turn++) await logging(all).invoke({ log: [`q${turn}`] }, at);
    expect(await checkpointsIn(all)).toHaveLength(15);
    const few = saver({ checkpoints: 2 });
    for (let turn = 6; turn <= 12; turn++) {
      const { log } = await logging(few).invoke({ log: [`q${turn}`] }, at);
      expect(log).toHaveLength(2 * turn);
    }
    expect(await checkpointsIn(few)).toHaveLength(2);
  });

  test('a checkpointer that keeps one checkpoint keeps a subgraph that was interrupted', async () => {
    const { saver } = place();
    const State = Annotation.Root({ text: Annotation<string> });
    const child = new StateGraph(State)
      .addNode('ask', ({ text }) => ({ text: `${text} ${interrupt('why?')}` }))
      .addNode('end', ({ text }) => ({ text: `${text}!` }))
      .addEdge(START, 'ask')
      .addEdge('ask', 'end')
      .addEdge('end', END)
      .compile();
    const graph = (checkpointer: BaseCheckpointSaver) =>
      new StateGraph(State)
        .addNode('child', child)
        .addEdge(START, 'child')
        .addEdge('child', END)
        .compile({ checkpointer });
    for (const turn of [1, 2, 3]) {
      await graph(saver({ checkpoints: 1 })).invoke({ text: `turn ${turn}` }, at);
      const resumed = graph(saver({ checkpoints: 1 })).invoke(new Command({ resume: 'because' }), at);
      expect(await resumed).toEqual({ text: `turn ${turn} because!` });
      expect(await checkpointsIn(saver())).toHaveLength(1);
    }
  });

  test('a state is rebuilt from its ancestors with one read of the thread', async () => {
    const { saver, memory } = place();
    const one = saver();
    for (let turn = 1; turn <= 5; turn++) await logging(one).invoke({ log: [`q${turn}`] }, at);
    memory.calls.clear();
    await one.getDeltaChannelHistory({ config: at, channels: ['log'] });
    expect(callsOf(memory, 'read')).toBe(1);
  });
});
