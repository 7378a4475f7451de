// Covers: shared/contexts/limits.ts, shared/contexts/codec.ts, shared/tasks/values.ts
import { constants, zstdCompressSync } from 'node:zlib';
import { beforeEach, describe, expect, test } from 'vitest';
import { packLink } from '../../shared/contexts/chain.ts';
import { compress, decompress } from '../../shared/contexts/codec.ts';
import { compact } from '../../shared/contexts/compact.ts';
import { NO_PATTERNS } from '../../shared/contexts/patterns.ts';
import { pushVarint, readerOf } from '../../shared/contexts/varint.ts';
import { contextVersions } from '../../shared/contexts/versions.ts';
import type { Chain, Page } from '../../shared/ports/context-store.ts';
import { readValue } from '../../shared/tasks/values.ts';
import { type MemoryContexts, memoryContexts } from '../../sim/aws/context-stores.ts';
import { agentOf, callsOf, converse, headOf, turnsOf } from './conversing.ts';
import { virtualClock } from './virtual-clock.ts';

const MIB = 1024 * 1024;
const NOTHING = new Uint8Array();

/** A snapshot of zeros. */
function bombOf(bytes: number): Uint8Array {
  const params = { [constants.ZSTD_c_contentSizeFlag]: 0, [constants.ZSTD_c_windowLog]: 20 };
  return zstdCompressSync(Buffer.alloc(bytes), { params }).subarray(4);
}

/** The same snapshot, with a frame that asks for a window of 128 MiB. Its second byte says so, in powers of two. */
function withLargeWindow(frame: Uint8Array): Uint8Array {
  return Uint8Array.from(frame, (byte, index) => (index === 1 ? (27 - 10) << 3 : byte));
}

let memory: MemoryContexts;
beforeEach(async () => {
  memory = memoryContexts();
  await converse(agentOf(memory), turnsOf(3));
  memory.calls.clear();
});

describe('what a stored context states', () => {
  const page = (bytes: number): Page => ({ place: 'object', key: 'a'.repeat(64), bytes, links: 1 });

  const changed: readonly (readonly [string, (chain: Chain) => Partial<Chain>])[] = [
    ['a base that unpacks to 5 GB', ({ base }) => ({ base: { ...base, plainBytes: 5e9 } })],
    ['a stored base of 5 GB', ({ base }) => ({ base: { ...base, bytes: 5e9 } })],
    ['a page of 5 GB', () => ({ pages: [page(5e9)] })],
    ['a hundred pages of 60 MiB', () => ({ pages: Array.from({ length: 100 }, () => page(60 * MIB)) })],
    ['a thousand patterns', () => ({ patterns: Array.from({ length: 1_000 }, () => 'a'.repeat(64)) })],
  ];

  test.each(changed)('%s is not fetched, by nobody', async (_what, change) => {
    const { chain } = headOf(memory);
    memory.stored.heads.set('c', { ...headOf(memory), chain: { ...chain, ...change(chain) } });
    await expect(agentOf(memory).restore('c')).rejects.toThrow(/states .* expected at most/);
    const ports = { pool: 'test', ...memory, patterns: NO_PATTERNS };
    expect((await contextVersions(ports).list('c'))?.versions).toHaveLength(1);
    expect(callsOf(memory, 'get')).toBe(0);
  });

  test('a link that unpacks to 1 GiB is damage, and takes no memory', async () => {
    const { chain, ...head } = headOf(memory);
    const link = { pattern: 0, plainBytes: 1024 * MIB, hash: '0'.repeat(64) };
    const content = Buffer.concat([Uint8Array.from([0, 0]), bombOf(200 * MIB)]);
    const tail = Buffer.concat([chain.tail, packLink({ ...link, content })]);
    memory.stored.heads.set('c', { ...head, version: 4, hash: link.hash, chain: { ...chain, tail } });
    const before = process.resourceUsage().maxRSS;
    const restored = await agentOf(memory).restore('c');
    expect(restored.damage).toContain('a link states 1073741824 bytes, expected at most 67108864');
    expect(restored.value).toEqual(turnsOf(1)[0]);
    expect((process.resourceUsage().maxRSS - before) * 1024).toBeLessThan(30 * MIB);
  });

  test('a compaction reports links that cannot be read, and compacts the others', async () => {
    await converse(agentOf(memory), turnsOf(60, 600), 'long');
    const { chain } = headOf(memory);
    memory.stored.heads.set('c', { ...headOf(memory), chain: { ...chain, tail: new Uint8Array([0, 255]) } });
    const clock = { ...virtualClock(), now: () => virtualClock().now() + 2 * 3_600_000 };
    const { report } = await compact('test', { ...memory, patterns: NO_PATTERNS, clock });
    expect(report).toMatchObject({ merged: 1, unreadable: [{ contextId: 'c' }] });
  });

  test('a payload that states 5 GB is not fetched', async () => {
    const value = { kind: 'object', key: 'payloads/p/x.json', bytes: 5e9, sha256: 'a'.repeat(64) } as const;
    await expect(readValue(memory.objects, value)).rejects.toThrow('is said to have 5000000000 bytes');
    expect(callsOf(memory, 'get')).toBe(0);
  });
});

describe('a snapshot', () => {
  test.each([1_000, 10 * MIB])(
    'a snapshot of 64 MiB that states %i bytes is not unpacked',
    async (plainBytes) => {
      const ends = plainBytes > 512 * 1024 ? Uint8Array.from([0, 0]) : NOTHING;
      const bomb = Buffer.concat([ends, bombOf(64 * MIB)]);
      expect(bomb.length).toBeLessThan(10_000);
      await expect(decompress(bomb, NOTHING, plainBytes)).rejects.toThrow('cannot be unpacked');
    },
  );

  test('a snapshot whose window is larger than its content is not unpacked', async () => {
    const snapshot = await compress(Buffer.alloc(1_000), NOTHING);
    expect(await decompress(snapshot, NOTHING, 1_000)).toHaveLength(1_000);
    await expect(decompress(withLargeWindow(snapshot), NOTHING, 1_000)).rejects.toThrow('cannot be unpacked');
  });

  test.each([
    ['copies more than there is', [0, 0, 1, 0, 2_000_000, 0]],
    ['copies beyond what is known', [0, 0, 1, 500_000, 700_000, 0]],
    ['has more segments than bytes', [0, 0, 2 ** 50]],
    ['has ends beyond what is known', [2 ** 50, 0, 0]],
  ])('a snapshot that %s is not unpacked', async (_what, numbers) => {
    const packed: number[] = [];
    for (const number of [2 ** 40, ...numbers]) pushVarint(packed, number);
    const content = Buffer.concat([Uint8Array.from(packed), bombOf(10)]);
    await expect(decompress(content, Buffer.alloc(600_000), 1_000_000)).rejects.toThrow('cannot be unpacked');
  });

  test('a number that has no end is an error, not infinity', () => {
    const numbers: number[] = [];
    pushVarint(numbers, Number.MAX_SAFE_INTEGER);
    expect(readerOf(Uint8Array.from(numbers)).varint()).toBe(Number.MAX_SAFE_INTEGER);
    const endless = Uint8Array.from([...Array.from({ length: 300 }, () => 128), 0]);
    expect(() => readerOf(endless).varint()).toThrow(RangeError);
  });
});
