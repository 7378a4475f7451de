// Covers: shared/contexts/erase.ts, shared/contexts/collect-garbage.ts, shared/contexts/contexts.ts
import { beforeEach, describe, expect, test } from 'vitest';
import { compact } from '../../shared/contexts/compact.ts';
import { contexts } from '../../shared/contexts/contexts.ts';
import { eraseContext } from '../../shared/contexts/erase.ts';
import { NO_PATTERNS } from '../../shared/contexts/patterns.ts';
import { type MemoryContexts, memoryContexts } from '../../sim/aws/context-stores.ts';
import { NOW_MS } from './build.ts';
import { by, converse, headOf, textOf, turnsOf } from './conversing.ts';

const DAY_MS = 86_400_000;
let nowMs = NOW_MS;
let memory: MemoryContexts;
beforeEach(() => {
  nowMs = NOW_MS;
  memory = memoryContexts(() => nowMs);
});
const clock = { now: () => nowMs, elapsed: () => nowMs, sleep: async () => {} };
const agent = (keepDays?: number | null) =>
  contexts('test', { ...memory, clock, ...(keepDays !== undefined && { keepDays }) });
const compaction = async (options?: { dryRun?: boolean; keepDays?: number }) =>
  (await compact('test', { ...memory, patterns: NO_PATTERNS, clock }, options)).report;
const erase = (id = 'c') => eraseContext({ pool: 'test', ...memory }, id);

/** Everything that is stored of a conversation. */
const partsOf = (id: string) =>
  [...memory.stored.heads.keys(), ...memory.stored.pages.keys(), ...memory.stored.objects.keys()].filter(
    (key) => [key, ...key.split('/')].includes(id),
  );
/** A conversation with pages in the table and in objects, and with more than one chain. */
async function talk(id: string, keepDays?: number | null): Promise<void> {
  const large = Array.from({ length: 12 }, (_, turn) => ({ text: textOf(turn, 9_000 + turn) }));
  await converse(agent(keepDays), [...turnsOf(30, 600), ...large, ...turnsOf(12, 600)], id);
}

describe('a context with an end', () => {
  test('a context ends some days after its last turn, and the next turn begins a new one', async () => {
    await converse(agent(7), ['a'], 'c');
    nowMs += 6 * DAY_MS;
    await converse(agent(7), ['b'], 'c');
    expect(headOf(memory)).toMatchObject({ version: 2, keepDays: 7 });
    nowMs += 6 * DAY_MS;
    expect((await agent(7).restore('c')).value).toBe('b');
    nowMs += 2 * DAY_MS;
    expect(await agent(7).restore('c')).toMatchObject({ value: undefined, version: 0 });
    await converse(agent(7), ['c'], 'c');
    expect(headOf(memory)).toMatchObject({ version: 1 });
    expect((await agent(7).restore('c')).value).toBe('c');
  });

  test('a writer that began before the end does not overwrite the new context', async () => {
    await converse(agent(7), ['a'], 'c');
    const before = await agent(7).restore('c');
    nowMs += 8 * DAY_MS;
    await converse(agent(7), ['new'], 'c');
    const saved = await agent(7).save('c', { after: before, value: 'late', by: by('late') });
    expect(saved).toMatchObject({ kind: 'conflict' });
  });

  test('a writer without the configuration keeps the end, and a pool without an end takes it away', async () => {
    await converse(agent(7), ['a'], 'c');
    await converse(agent(), ['b'], 'c');
    expect(headOf(memory).keepDays).toBe(7);
    await converse(agent(null), ['c'], 'c');
    expect(headOf(memory).keepDays).toBeUndefined();
  });

  test('the compaction deletes what has ended, and nothing else', async () => {
    await talk('ends', 3);
    await talk('stays', null);
    nowMs += 4 * DAY_MS;
    const stays = partsOf('stays');
    expect(await compaction({ dryRun: true })).toMatchObject({ ended: 1 });
    expect(memory.stored.heads.has('ends')).toBe(true);
    expect(partsOf('ends').length).toBeGreaterThan(3);
    expect(await compaction()).toMatchObject({ ended: 1 });
    expect(partsOf('ends')).toEqual([]);
    expect(partsOf('stays').length).toBeGreaterThan(0);
    expect(stays).toEqual(expect.arrayContaining(partsOf('stays')));
  });

  test('pages whose head the table has expired are deleted too', async () => {
    await talk('ends', 3);
    memory.stored.heads.delete('ends');
    nowMs += DAY_MS + 1;
    await compaction();
    expect(partsOf('ends')).toEqual([]);
  });

  test('contexts of before the pool had an end get it from the compaction', async () => {
    await talk('old');
    nowMs += 4 * DAY_MS;
    expect(await compaction()).toMatchObject({ ended: 0 });
    expect(await compaction({ keepDays: 3 })).toMatchObject({ ended: 1 });
  });
});

describe('deletion', () => {
  test('a deleted context leaves nothing behind, and others with similar names stay', async () => {
    for (const id of ['c', 'c2', 'c/1']) await talk(id);
    const others = [...partsOf('c2'), ...partsOf('c/1')];
    expect(partsOf('c').length).toBeGreaterThan(5);
    expect(await erase()).toMatchObject({ versions: 54 });
    const left = [...memory.stored.objects.keys()].filter((key) => /^contexts\/test\/c\/[^/]+$/.test(key));
    expect({ left, head: memory.stored.heads.has('c') }).toEqual({ left: [], head: false });
    expect([...memory.stored.pages.keys()].filter((key) => /^c\/[^/]+$/.test(key))).toEqual([]);
    expect([...partsOf('c2'), ...partsOf('c/1')]).toEqual(others);
    expect((await agent().restore('c/1')).version).toBe(54);
  });

  test('an agent that works on a deleted context cannot bring it back', async () => {
    await converse(agent(), turnsOf(3));
    const before = await agent().restore('c');
    await erase();
    const saved = await agent().save('c', { after: before, value: 'late', by: by('late') });
    expect(saved).toMatchObject({ kind: 'conflict', ahead: undefined });
    expect(await agent().restore('c')).toMatchObject({ version: 0 });
  });

  test.each(['remove', 'deletePages', 'delete'])(
    'a deletion that was interrupted after %s is completed by the next one',
    async (call) => {
      await talk('c');
      memory.after = (made) => {
        if (made === call) throw new Error('interrupted');
      };
      await expect(erase()).rejects.toThrow('interrupted');
      memory.after = () => {};
      await erase();
      expect(partsOf('c')).toEqual([]);
    },
  );
});
