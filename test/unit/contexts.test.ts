import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { fromBinary, toBinary } from '../../shared/contexts/binary.ts';
import { type ContextCache, contextCache } from '../../shared/contexts/cache.ts';
import { bytesOf, contentHash, hashOf, linksOf, packLink, unpackLinks } from '../../shared/contexts/chain.ts';
import { compress, decompress } from '../../shared/contexts/codec.ts';
import { type Contexts, contexts } from '../../shared/contexts/contexts.ts';
import { learnPatterns, PATTERN_BYTES_AT_MOST, patterns } from '../../shared/contexts/patterns.ts';
import type { ContextHead } from '../../shared/ports/context-store.ts';
import { patternKey } from '../../shared/ports/object-keys.ts';
import { type MemoryContexts, memoryContexts } from '../../sim/aws/context-stores.ts';
import { cases } from '../cases.ts';
import { virtualClock } from './virtual-clock.ts';

let memory: MemoryContexts;
beforeEach(() => {
  memory = memoryContexts();
});

const agent = (cache?: ContextCache): Contexts =>
  contexts('test', {
    ...memory,
    clock: virtualClock(),
    patterns: patterns('test', { ...memory, store: memory.patternStore, nowMs: () => 0 }),
    ...(cache && { cache }),
  });
const by = (taskId: string) => ({ taskId, result: { kind: 'inline', json: '1' } }) as const;

/** A conversation of `turns` turns, each with some text that was not there before. */
const turnsOf = (turns: number, bytes = 60) =>
  Array.from({ length: turns }, (_, turn) =>
    Array.from({ length: turn + 1 }, (_message, index) => ({ index, text: textOf(index, bytes) })),
  );
/** Text without repetitions. */
const textOf = (seed: number, bytes: number) =>
  Array.from({ length: Math.ceil(bytes / 64) }, (_, part) =>
    createHash('sha256').update(`${seed}/${part}`).digest('hex'),
  )
    .join('')
    .slice(0, bytes);

async function converse(with_: Contexts, turns: readonly unknown[], contextId = 'c'): Promise<void> {
  for (const [index, value] of turns.entries()) {
    const restored = await with_.restore(contextId);
    expect(await with_.save(contextId, restored, value, by(`${contextId}-${index}`))).toMatchObject({
      kind: 'saved',
    });
  }
}
const head = (contextId = 'c') => memory.stored.heads.get(contextId) as ContextHead;
const calls = (...names: readonly string[]) =>
  names.reduce((sum, name) => sum + (memory.calls.get(name) ?? 0), 0);

describe('any JSON comes back as it was', () => {
  test('whatever it is, whatever came before it, with and without patterns', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.jsonValue({ maxDepth: 4 }), { minLength: 1, maxLength: 6 }),
        fc.boolean(),
        async (values, learned) => {
          memory = memoryContexts();
          if (learned) {
            const content = Buffer.from(JSON.stringify(values));
            await memory.objects.put(patternKey('test', contentHash(content)), content);
            await memory.patternStore.setCurrent(contentHash(content), 0);
          }
          await converse(agent(), values);
          const { value } = await agent().restore('c');
          // -0 is 0 in JSON.
          expect(value).toEqual(JSON.parse(JSON.stringify(values.at(-1))));
        },
      ),
      { numRuns: cases(200) },
    );
  });
  test('the order of keys does not matter: the same content has the same hash', async () => {
    await converse(agent(), [{ a: 1, b: { c: 2, d: 3 } }], 'one');
    await converse(agent(), [{ b: { d: 3, c: 2 }, a: 1 }], 'two');
    expect(head('one').plainBytes).toBe(head('two').plainBytes);
    const plains = await Promise.all(
      ['one', 'two'].map(async (id) => (await agent().restore(id)).source.plain),
    );
    expect(plains[0]).toEqual(plains[1]);
  });
  test('keys such as __proto__ are keys like any other', async () => {
    const value: unknown = JSON.parse('{"__proto__":{"polluted":true},"constructor":{"prototype":1},"a":1}');
    await converse(agent(), [value]);
    const restored = (await agent().restore('c')).value as object;
    expect(JSON.stringify(restored)).toContain('"__proto__":{"polluted":true}');
    expect(Object.hasOwn(restored, '__proto__')).toBe(true);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
  test('bytes go through their wrapper, and nothing else is taken for bytes', async () => {
    const bytes = Uint8Array.from(randomBytes(1_000));
    await converse(agent(), [{ file: toBinary(bytes) }]);
    const { value } = await agent().restore('c');
    expect(fromBinary((value as { file: unknown }).file)).toEqual(bytes);
    expect(() => fromBinary('text')).toThrow('not binary');
  });
  test('large contexts come back wherever they changed', async () => {
    const known = randomBytes(700_000);
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: known.length }),
        fc.nat({ max: 70_000 }),
        fc.uint8Array({ maxLength: 300 }),
        async (at, removed, added) => {
          const plain = Buffer.concat([known.subarray(0, at), added, known.subarray(at + removed)]);
          const content = await compress(plain, known);
          expect(content.length).toBeLessThan(added.length + 100);
          expect(Buffer.compare(await decompress(content, known, plain.length), plain)).toBe(0);
        },
      ),
      { numRuns: cases(50) },
    );
  });
});

describe('a chain', () => {
  test('costs what is new, and a cold restore is two requests', async () => {
    await converse(agent(), turnsOf(60, 600));
    const { chain } = head();
    expect(linksOf(chain)).toBe(59);
    expect(memory.stored.objects.size).toBe(1);
    expect(chain.pages.length).toBeGreaterThan(2);
    memory.calls.clear();
    const { value, bytesRead } = await agent().restore('c');
    expect(value).toEqual(turnsOf(60, 600).at(-1));
    expect(calls('read', 'get')).toBe(2);
    expect(bytesRead).toBe(bytesOf(chain) - chain.tail.length);
  });
  test('stays bounded: a base begins anew when it grows long, or larger than it is worth', async () => {
    const rewritten = Array.from({ length: 30 }, (_, turn) => ({ text: textOf(turn + 1, 2_000) }));
    await converse(agent(), rewritten);
    expect(head().chain.base.version).toBeGreaterThan(1);
    const alone = (await compress(Buffer.from(JSON.stringify(rewritten.at(-1))), new Uint8Array())).length;
    expect(bytesOf(head().chain)).toBeLessThan(4 * alone);
    expect((await agent().restore('c')).value).toEqual(rewritten.at(-1));
    await converse(agent(), turnsOf(300, 5), 'long');
    expect(linksOf(head('long').chain)).toBeLessThanOrEqual(150);
  });
  test('puts large links into objects, so that the table stays small', async () => {
    await converse(agent(), [{}, { a: randomBytes(20_000).toString('hex') }, { a: 1 }]);
    expect(head().chain.pages.map(({ place }) => place)).toEqual(['object']);
    expect((await agent().restore('c')).value).toEqual({ a: 1 });
  });
  test('links are read as they were packed, and what was cut off is an error', () => {
    const links = [1, 2].map((seed) => ({
      hash: hashOf('', Buffer.from([seed])),
      plainBytes: seed * 1_000_000,
      pattern: seed - 1,
      content: Buffer.alloc(seed * 200, seed),
    }));
    const packed = Buffer.concat(links.map(packLink));
    expect(unpackLinks(packed)).toEqual(links);
    expect(() => unpackLinks(packed.subarray(0, packed.length - 1))).toThrow(RangeError);
  });
});

describe('an agent that has a version at hand', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'agentpool-cache-'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  test('reads nothing but the head', async () => {
    const warm = agent(contextCache(directory));
    await converse(warm, turnsOf(5, 600));
    memory.calls.clear();
    expect(await warm.restore('c')).toMatchObject({ value: turnsOf(5, 600).at(-1), bytesRead: 0 });
    expect([...memory.calls]).toEqual([['read', 1]]);
  });
  test('fetches no base when others have written since', async () => {
    const warm = agent(contextCache(directory));
    const values = turnsOf(9, 600);
    await converse(warm, values.slice(0, 4));
    await converse(agent(), values.slice(4));
    memory.calls.clear();
    expect((await warm.restore('c')).value).toEqual(values.at(-1));
    expect(calls('get')).toBe(0);
  });
  test('keeps on disk what does not fit into memory, and trusts neither', async () => {
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

test('what cannot be reached is no damage: nothing is given rather than an earlier version', async () => {
  await converse(agent(), turnsOf(140));
  expect(head().previous).toBeDefined();
  memory.before = (call) => {
    if (call === 'get') throw new Error('S3 does not answer');
  };
  await expect(agent().restore('c')).rejects.toThrow('S3 does not answer');
});

describe('a head remembers the latest tasks', () => {
  const remembered = async (ordering: 'fifo' | 'none', result: string) => {
    const ports = { ...memory, clock: virtualClock(), ordering };
    for (let turn = 0; turn < 20; turn++) {
      const each = contexts('test', ports);
      await each.save('c', await each.restore('c'), turn, {
        taskId: `${turn}`,
        result: { kind: 'inline', json: result },
      });
    }
    return head().applied.map(({ taskId }) => taskId);
  };

  test('as one may come again: the last few in order, more of them where others may come between', async () => {
    expect(await remembered('fifo', '1')).toEqual(['19', '18', '17', '16']);
    memory = memoryContexts();
    expect(await remembered('none', '1')).toHaveLength(16);
  });

  test('as far as their results fit into the head', async () => {
    expect(await remembered('none', 'x'.repeat(30_000))).toEqual(['19', '18', '17', '16']);
  });
});

describe('a writer that is behind', () => {
  test('is refused, told who is ahead, and overwrites nothing', async () => {
    await converse(agent(), turnsOf(3));
    const [first, second] = [agent(), agent()];
    const [a, b] = [await first.restore('c'), await second.restore('c')];
    expect(await first.save('c', a, 'mine', by('first'))).toMatchObject({ kind: 'saved' });
    const refused = await second.save('c', b, 'yours', by('second'));
    expect(refused).toMatchObject({
      kind: 'conflict',
      ahead: { version: 4, applied: [{ taskId: 'first' }, {}, {}, {}] },
    });
    expect((await agent().restore('c')).value).toBe('mine');
  });
});

describe('a crash', () => {
  const values = turnsOf(12, 600);

  /** Works through the conversation; whoever crashes is followed by another agent, which finds out where it is. */
  async function converseThrough(): Promise<number> {
    let crashes = 0;
    for (let attempts = 0; attempts < 100; attempts++) {
      try {
        const restored = await agent().restore('c');
        const { version, value } = restored;
        if (version > 0) expect(value).toEqual(values[version - 1]);
        if (version === values.length) return crashes;
        await agent().save('c', restored, values[version], by(`t${version}`));
      } catch (error) {
        expect((error as Error).message).toBe('crashed');
        crashes += 1;
      }
    }
    return expect.fail('does not end');
  }

  test.each(['before', 'after'] as const)('%s any write loses nothing and tears nothing', async (when) => {
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
  });
});

describe('damage', () => {
  const values = turnsOf(41, 600);
  beforeEach(() => converse(agent(), values));
  const flip = (bytes: Uint8Array) =>
    bytes.map((byte, index) => (index === bytes.length >> 1 ? byte ^ 1 : byte));
  const firstPage = () => head().chain.pages[1]?.key as string;

  test.each<[string, () => void]>([
    ['a page is missing', () => void memory.stored.pages.delete(`c/${firstPage()}`)],
    [
      'a page has one wrong bit',
      () => {
        const key = `c/${firstPage()}`;
        memory.stored.pages.set(key, flip(memory.stored.pages.get(key) as Uint8Array));
      },
    ],
    [
      'a link in the head has one wrong bit',
      () => {
        const { chain } = head();
        memory.stored.heads.set('c', { ...head(), chain: { ...chain, tail: flip(chain.tail) } });
      },
    ],
  ])('%s: the last good version is used, and says so', async (_case, damage) => {
    damage();
    const restored = await agent().restore('c');
    expect(restored.damage).toMatch(/missing|differs|unpacked|no pattern/);
    const good = (restored.value as unknown[]).length;
    expect(good).toBeGreaterThan(1);
    expect(restored.value).toEqual(values[good - 1]);
    // The conversation goes on, and what is damaged is kept for inspection.
    const damaged = head().chain;
    expect(await agent().save('c', restored, 'on we go', by('next'))).toMatchObject({ kind: 'saved' });
    expect(head()).toMatchObject({ version: 42, damaged: [{ version: 41, chain: damaged }] });
    expect((await agent().restore('c')).value).toBe('on we go');
  });

  test('the base is lost: what an earlier chain still has is used; without one it is an error that says what', async () => {
    memory.stored.objects.delete(head().chain.base.key);
    await expect(agent().restore('c')).rejects.toThrow(/context c cannot be restored: .*base .* is missing/);
    const rewritten = Array.from({ length: 30 }, (_, turn) => ({ text: textOf(turn + 1, 2_000) }));
    await converse(agent(), rewritten, 'd');
    const { base } = head('d').chain;
    memory.stored.objects.delete(base.key);
    const restored = await agent().restore('d');
    expect(restored.value).toEqual(rewritten[base.version - 2]);
    expect(restored.damage).toContain('is missing');
  });

  test("another conversation's content is not readable through this one's id", async () => {
    await converse(agent(), [{ secret: 1 }], 'other');
    const mine = head();
    const other = head('other');
    const refused = (chain: ContextHead['chain'], hash = mine.hash) => {
      memory.stored.heads.set('c', { ...mine, chain, hash });
      return expect(agent().restore('c')).rejects.toThrow('cannot be restored');
    };
    // A head that names the other's objects, one whose objects were exchanged, and one that says it is the other.
    await refused(other.chain);
    const content = memory.stored.objects.get(other.chain.base.key) as { content: Uint8Array };
    await memory.objects.put(mine.chain.base.key, content.content);
    await refused(mine.chain);
    await refused({ ...other.chain, base: { ...other.chain.base, key: mine.chain.base.key } });
    await refused(other.chain, other.hash);
  });

  test('what was made to explode is not unpacked', async () => {
    const bomb = zstdCompressSync(Buffer.alloc(64 * 1024 * 1024)).subarray(4);
    expect(bomb.length).toBeLessThan(10_000);
    await expect(decompress(bomb, new Uint8Array(), 1_000)).rejects.toThrow('cannot be unpacked');
  });
});

describe('patterns', () => {
  const prompt = textOf(5, 4_000);
  const conversation = (seed: number) => [
    { role: 'system', text: prompt },
    { role: 'user', text: textOf(seed, 300) },
  ];
  async function learn(): Promise<string> {
    const content = learnPatterns([1, 2, 3].map((seed) => Buffer.from(JSON.stringify(conversation(seed)))));
    const hash = contentHash(content);
    await memory.objects.put(patternKey('test', hash), content);
    await memory.patternStore.setCurrent(hash, 0);
    return hash;
  }

  test('what conversations have in common is stored once', async () => {
    await converse(agent(), [conversation(9)], 'before');
    await learn();
    await converse(agent(), [conversation(9)], 'after');
    expect(head('after').chain.base.bytes).toBeLessThan(head('before').chain.base.bytes / 3);
    expect((await agent().restore('after')).value).toEqual(conversation(9));
  });
  test('are fetched once by an agent, whatever needs them', async () => {
    await learn();
    const worker = agent();
    memory.calls.clear();
    for (const id of ['a', 'b', 'c']) await converse(worker, [conversation(9), conversation(10)], id);
    expect(calls('current')).toBe(1);
    expect(calls('get')).toBe(1 + 3);
  });
  test('a link is read with the patterns it was written with, though others are current', async () => {
    await learn();
    await converse(agent(), [conversation(9), conversation(10)]);
    const other = Buffer.from(textOf(77, 5_000));
    await memory.objects.put(patternKey('test', contentHash(other)), other);
    await memory.patternStore.setCurrent(contentHash(other), 0);
    await converse(agent(), [conversation(11)]);
    expect((await agent().restore('c')).value).toEqual(conversation(11));
    expect(head().chain.patterns).toHaveLength(2);
  });
  test('without them snapshots are written all the same', async () => {
    await memory.patternStore.setCurrent('0'.repeat(64), 0);
    await converse(agent(), [conversation(9)]);
    expect((await agent().restore('c')).value).toEqual(conversation(9));
  });
  test('are bounded, and take nothing twice', () => {
    const same = Buffer.from(JSON.stringify(conversation(1)));
    expect(learnPatterns([same, same, same]).length).toBeLessThan(1.1 * same.length);
    const many = Array.from({ length: 50 }, () => randomBytes(20_000));
    expect(learnPatterns(many).length).toBeLessThanOrEqual(PATTERN_BYTES_AT_MOST);
  });
});
