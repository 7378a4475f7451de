// Covers: shared/contexts/chain-parts.ts
import { beforeEach, describe, expect, test } from 'vitest';
import type { ContextHead } from '../../shared/ports/context-store.ts';
import { type MemoryContexts, memoryContexts } from '../../sim/aws/context-stores.ts';
import { agentOf, by, converse, headOf, textOf, turnsOf } from './conversing.ts';

let memory: MemoryContexts;
beforeEach(() => {
  memory = memoryContexts();
});
const agent = () => agentOf(memory);
const head = (contextId?: string) => headOf(memory, contextId);

test('a restore fails when S3 cannot be reached, and does not return an earlier version', async () => {
  await converse(agent(), turnsOf(140));
  expect(head().previous).toBeDefined();
  memory.before = (call) => {
    if (call === 'get') throw new Error('S3 does not answer');
  };
  await expect(agent().restore('c')).rejects.toThrow('S3 does not answer');
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
  ])('%s: the last good version is restored and reports the damage', async (_case, damage) => {
    damage();
    const restored = await agent().restore('c');
    expect(restored.damage).toMatch(/missing|differs|unpacked|no pattern/);
    const good = (restored.value as unknown[]).length;
    expect(good).toBeGreaterThan(1);
    expect(restored.value).toEqual(values[good - 1]);
    // The conversation goes on, and what is damaged is kept for inspection.
    const damaged = head().chain;
    expect(await agent().save('c', { after: restored, value: 'on we go', by: by('next') })).toMatchObject({
      kind: 'saved',
    });
    expect(head()).toMatchObject({ version: 42, damaged: [{ version: 41, chain: damaged }] });
    expect((await agent().restore('c')).value).toBe('on we go');
  });

  test('a context without its base is restored from an earlier chain, or fails naming the missing base', async () => {
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

  test("another conversation's content is not readable through this one's ID", async () => {
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
});
