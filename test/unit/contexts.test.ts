// Covers: shared/contexts/binary.ts, shared/contexts/versions.ts
import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { fromBinary, toBinary } from '../../shared/contexts/binary.ts';
import { contexts } from '../../shared/contexts/contexts.ts';
import { type MemoryContexts, memoryContexts } from '../../sim/aws/context-stores.ts';
import { agentOf, by, callsOf, converse, headOf, turnsOf } from './conversing.ts';
import { virtualClock } from './virtual-clock.ts';

let memory: MemoryContexts;
beforeEach(() => {
  memory = memoryContexts();
});
const agent = () => agentOf(memory);
const head = (contextId?: string) => headOf(memory, contextId);
const calls = (...names: readonly string[]) => callsOf(memory, ...names);

test('the keys of a context come back in the order they had', async () => {
  const call = { name: 'edit', args: { path: 'a.ts', edits: [{ old: 'x', new: 'y' }] }, id: 1 };
  await converse(agent(), [{ turn: 1 }, { turn: 2, messages: [{ role: 'assistant', calls: [call] }] }]);
  const { value } = await agent().restore('c');
  expect(JSON.stringify(value)).toBe(
    '{"turn":2,"messages":[{"role":"assistant","calls":[{"name":"edit","args":{"path":"a.ts","edits":[{"old":"x","new":"y"}]},"id":1}]}]}',
  );
});

test('a key such as __proto__ is a key like any other', async () => {
  const value: unknown = JSON.parse('{"__proto__":{"polluted":true},"constructor":{"prototype":1},"a":1}');
  await converse(agent(), [value]);
  const restored = (await agent().restore('c')).value as object;
  expect(JSON.stringify(restored)).toContain('"__proto__":{"polluted":true}');
  expect(Object.hasOwn(restored, '__proto__')).toBe(true);
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
});

test('bytes come back through their wrapper, and nothing else is taken for bytes', async () => {
  const bytes = Uint8Array.from(randomBytes(1_000));
  await converse(agent(), [{ file: toBinary(bytes) }]);
  const { value } = await agent().restore('c');
  expect(fromBinary((value as { file: unknown }).file)).toEqual(bytes);
  expect(() => fromBinary('text')).toThrow('not binary');
});

describe('a head remembers the latest tasks', () => {
  const remembered = async (ordering: 'fifo' | 'none', result: string) => {
    const ports = { ...memory, clock: virtualClock(), ordering };
    for (let turn = 0; turn < 20; turn++) {
      const each = contexts('test', ports);
      await each.save('c', {
        after: await each.restore('c'),
        value: turn,
        by: { taskId: `${turn}`, result: { kind: 'inline', json: result } },
      });
    }
    return head().applied.map(({ taskId }) => taskId);
  };

  test('a head remembers the last 4 tasks of an ordered pool and the last 16 of an unordered one', async () => {
    expect(await remembered('fifo', '1')).toEqual(['19', '18', '17', '16']);
    memory = memoryContexts();
    expect(await remembered('none', '1')).toHaveLength(16);
  });

  test('a head remembers fewer tasks when their results are large', async () => {
    expect(await remembered('none', 'x'.repeat(30_000))).toEqual(['19', '18', '17', '16']);
  });
});

describe('a writer that is behind', () => {
  test('a writer that is behind is rejected with the version ahead, and overwrites nothing', async () => {
    await converse(agent(), turnsOf(3));
    const [first, second] = [agent(), agent()];
    const [a, b] = [await first.restore('c'), await second.restore('c')];
    const saved = await first.save('c', { after: a, value: 'mine', by: by('first') });
    expect(saved).toMatchObject({ kind: 'saved' });
    const refused = await second.save('c', { after: b, value: 'yours', by: by('second') });
    expect(refused).toMatchObject({
      kind: 'conflict',
      ahead: { version: 4, applied: [{ taskId: 'first' }, {}, {}, {}] },
    });
    expect((await agent().restore('c')).value).toBe('mine');
  });
});

describe('a crash', () => {
  const values = turnsOf(12, 600);

  /** Works through the conversation. When an agent crashes, another one restores the context and continues. */
  async function converseThrough(): Promise<number> {
    let crashes = 0;
    for (let attempts = 0; attempts < 100; attempts++) {
      try {
        const restored = await agent().restore('c');
        const { version, value } = restored;
        if (version > 0) expect(value).toEqual(values[version - 1]);
        if (version === values.length) return crashes;
        await agent().save('c', { after: restored, value: values[version], by: by(`t${version}`) });
      } catch (error) {
        expect((error as Error).message).toBe('crashed');
        crashes += 1;
      }
    }
    return expect.fail('does not end');
  }

  test.each(['before', 'after'] as const)(
    'a crash %s any write leaves the conversation whole',
    async (when) => {
      await converseThrough();
      const writes = calls('put', 'putPage', 'advance');
      expect(calls('putPage')).toBeGreaterThan(2);
      for (let crashAt = 0; crashAt < writes; crashAt++) {
        memory = memoryContexts();
        let seen = 0;
        memory[when] = (call) => {
          if (['put', 'putPage', 'advance'].includes(call) && seen++ === crashAt) throw new Error('crashed');
        };
        expect(await converseThrough()).toBe(1);
        expect(head().version).toBe(values.length);
      }
    },
  );
});
