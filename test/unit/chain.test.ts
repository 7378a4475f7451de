// Covers: shared/contexts/varint.ts, shared/contexts/extend.ts
import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { bytesOf, hashOf, linksOf, packLink, unpackLinks } from '../../shared/contexts/chain.ts';
import { compress } from '../../shared/contexts/codec.ts';
import { type MemoryContexts, memoryContexts } from '../../sim/aws/context-stores.ts';
import { agentOf, callsOf, converse, headOf, textOf, turnsOf } from './conversing.ts';

let memory: MemoryContexts;
beforeEach(() => {
  memory = memoryContexts();
});
const agent = () => agentOf(memory);
const head = (contextId?: string) => headOf(memory, contextId);
const calls = (...names: readonly string[]) => callsOf(memory, ...names);

describe('a chain', () => {
  test('a chain costs what is new in each version, and a cold restore takes two requests', async () => {
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
  test('a chain starts over from a new base when it gets too long or too large', async () => {
    const rewritten = Array.from({ length: 30 }, (_, turn) => ({ text: textOf(turn + 1, 2_000) }));
    await converse(agent(), rewritten);
    expect(head().chain.base.version).toBeGreaterThan(1);
    const alone = (await compress(Buffer.from(JSON.stringify(rewritten.at(-1))), new Uint8Array())).length;
    expect(bytesOf(head().chain)).toBeLessThan(4 * alone);
    expect((await agent().restore('c')).value).toEqual(rewritten.at(-1));
    await converse(agent(), turnsOf(300, 5), 'long');
    expect(linksOf(head('long').chain)).toBeLessThanOrEqual(150);
  });
  test('a large link is stored as an object, which keeps the table small', async () => {
    await converse(agent(), [{}, { a: randomBytes(20_000).toString('hex') }, { a: 1 }]);
    expect(head().chain.pages.map(({ place }) => place)).toEqual(['object']);
    expect((await agent().restore('c')).value).toEqual({ a: 1 });
  });
  test('links are read as they were packed, and truncated ones are an error', () => {
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
