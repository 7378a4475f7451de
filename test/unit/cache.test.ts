import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type ContextCache, contextCache } from '../../shared/contexts/cache.ts';
import { type MemoryContexts, memoryContexts } from '../../sim/aws/context-stores.ts';
import { agentOf, callsOf, converse, turnsOf } from './conversing.ts';

let memory: MemoryContexts;
beforeEach(() => {
  memory = memoryContexts();
});
const agent = (cache?: ContextCache) => agentOf(memory, cache);
const calls = (...names: readonly string[]) => callsOf(memory, ...names);

describe('an agent that has a version at hand', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'agentpool-cache-'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  test('an agent with the version in its cache reads only the head', async () => {
    const warm = agent(contextCache(directory));
    await converse(warm, turnsOf(5, 600));
    memory.calls.clear();
    expect(await warm.restore('c')).toMatchObject({ value: turnsOf(5, 600).at(-1), bytesRead: 0 });
    expect([...memory.calls]).toEqual([['read', 1]]);
  });
  test('an agent with an earlier version in its cache fetches no base', async () => {
    const warm = agent(contextCache(directory));
    const values = turnsOf(9, 600);
    await converse(warm, values.slice(0, 4));
    await converse(agent(), values.slice(4));
    memory.calls.clear();
    expect((await warm.restore('c')).value).toEqual(values.at(-1));
    expect(calls('get')).toBe(0);
  });
  test('a cache keeps on disk what does not fit into memory, and a changed file is not trusted', async () => {
    const cache = contextCache(directory, { memoryBytes: 3_000, diskBytes: 20_000 });
    const warm = agent(cache);
    for (const id of ['a', 'b', 'c', 'd']) await converse(warm, turnsOf(3, 600), id);
    await vi.waitFor(async () => expect(await cache.get('a')).toBeDefined(), { timeout: 60_000 });
    memory.calls.clear();
    expect((await warm.restore('a')).value).toEqual(turnsOf(3, 600).at(-1));
    expect(calls('get')).toBe(0);
    for (const file of await readdir(directory)) await writeFile(join(directory, file), 'changed');
    for (const id of ['a', 'b', 'c', 'd'])
      expect((await warm.restore(id)).value).toEqual(turnsOf(3, 600).at(-1));
  });
});
