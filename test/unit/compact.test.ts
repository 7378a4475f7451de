// Covers: shared/contexts/compact.ts, shared/contexts/collect-garbage.ts, shared/contexts/patterns.ts
import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { linksOf } from '../../shared/contexts/chain.ts';
import { type CompactionOptions, compact, dueCompaction } from '../../shared/contexts/compact.ts';
import { contexts } from '../../shared/contexts/contexts.ts';
import { patterns } from '../../shared/contexts/patterns.ts';
import type { Compaction } from '../../shared/ports/compaction-store.ts';
import type { ContextHead } from '../../shared/ports/context-store.ts';
import { type MemoryContexts, memoryContexts } from '../../sim/aws/context-stores.ts';
import { NOW_MS } from './build.ts';

const HOUR = 3_600_000;
let nowMs = NOW_MS;
let memory: MemoryContexts;
beforeEach(() => {
  nowMs = NOW_MS;
  last = undefined;
  memory = memoryContexts(() => nowMs);
});

const clock = { now: () => nowMs, elapsed: () => nowMs, sleep: async () => {} };
const knownPatterns = () => patterns('test', { ...memory, store: memory.patternStore, nowMs: () => nowMs });
const agent = () => contexts('test', { ...memory, clock, patterns: knownPatterns() });
const runOf = (options?: CompactionOptions) =>
  compact('test', { ...memory, clock, patterns: knownPatterns() }, options);
/** The compaction of a day: what it found, after the ones of the days before. */
let last: Compaction | undefined;
const run = async (options: CompactionOptions = {}) => {
  const { report, compaction } = await runOf({ from: dueCompaction(last, nowMs), ...options });
  if (!options.dryRun) last = compaction;
  return report;
};
const head = (id: string) => memory.stored.heads.get(id) as ContextHead;
const names = () => [...memory.stored.objects.keys(), ...memory.stored.pages.keys()];

const text = (seed: string, bytes: number) =>
  Array.from({ length: Math.ceil(bytes / 64) }, (_, part) =>
    createHash('sha256').update(`${seed}/${part}`).digest('hex'),
  )
    .join('')
    .slice(0, bytes);

async function converse(id: string, turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn++) {
    const after = await agent().restore(id);
    const before = (after.value ?? [{ system: text('prompt', 2_000) }]) as unknown[];
    const value = [...before, { turn, text: text(`${id}-${turn}`, 400) }];
    const by = { taskId: `${id}-${turn}`, result: { kind: 'inline', json: '1' } } as const;
    expect(await agent().save(id, { after, value, by })).toMatchObject({ kind: 'saved' });
  }
}
async function everything(): Promise<Record<string, unknown>> {
  const ids = [...memory.stored.heads.keys()];
  return Object.fromEntries(
    await Promise.all(ids.map(async (id) => [id, (await agent().restore(id)).value])),
  );
}

describe('compaction', () => {
  beforeEach(async () => {
    for (const id of ['a', 'b', 'c', 'd', 'e']) await converse(id, 4);
    await converse('long', 50);
    nowMs += 2 * HOUR;
  });

  test('compaction merges the chains of idle conversations and changes no context', async () => {
    const before = await everything();
    expect(linksOf(head('long').chain)).toBeGreaterThan(32);
    expect(await run()).toMatchObject({ contexts: 6, merged: 1, unreadable: [] });
    expect(linksOf(head('long').chain)).toBe(0);
    expect(await everything()).toEqual(before);
    expect((await agent().restore('long')).version).toBe(50);
  });

  test('compaction learns patterns, and new conversations cost less', async () => {
    await converse('before', 1);
    expect((await run()).patternBytes).toBeGreaterThan(2_000);
    await converse('after', 1);
    expect(head('after').chain.base.bytes).toBeLessThan(head('before').chain.base.bytes / 2);
    // Nothing better to learn from the same.
    expect((await run()).patternBytes).toBeUndefined();
  });

  test('garbage collection deletes unreferenced parts a day after they were written, and no earlier', async () => {
    const orphan = 'f'.repeat(64);
    await memory.objects.put(`contexts/test/a/9-${orphan}`, new Uint8Array([1]));
    await memory.objects.put(`contexts/test/gone/page-${orphan}`, new Uint8Array([1]));
    await memory.store.putPage('a', orphan, new Uint8Array([1]));
    const before = await everything();
    expect(await run()).toMatchObject({ deleted: 0, unneeded: 3 });
    nowMs += 23 * HOUR;
    expect(await run({ from: undefined })).toMatchObject({ deleted: 0 });
    nowMs += 2 * HOUR;
    expect(await run({ from: undefined })).toMatchObject({ deleted: 3 });
    expect(names().filter((name) => name.includes(orphan))).toEqual([]);
    expect(await everything()).toEqual(before);
  });

  test('garbage collection leaves alone what is not a part of a context', async () => {
    const strange = [
      'contexts/test/a/b/note',
      'contexts/test/a/b/1-x',
      `contexts/test/a%/1-${'f'.repeat(64)}`,
    ];
    for (const key of strange) await memory.objects.put(key, new Uint8Array([1]));
    nowMs += 48 * HOUR;
    await run();
    expect(names()).toEqual(expect.arrayContaining(strange));
  });

  test('patterns that no context needs are deleted a day after that was found', async () => {
    await memory.objects.put('patterns/test/old', new Uint8Array([1]));
    const days: boolean[] = [];
    for (let day = 0; day < 3; day++) {
      await run();
      days.push(memory.stored.objects.has('patterns/test/old'));
      nowMs += 25 * HOUR;
    }
    expect(days).toEqual([true, false, false]);
  });

  test('garbage collection keeps the parts of a damaged chain and of the chain before a base', async () => {
    const { chain } = head('long');
    const [lost] = chain.pages;
    memory.stored.pages.delete(`long/${lost?.key}`);
    const after = await agent().restore('long');
    const by = { taskId: 'next', result: { kind: 'inline', json: '1' } } as const;
    await agent().save('long', { after, value: ['new'], by });
    const rewritten = Array.from({ length: 30 }, (_, turn) => [text(`rewritten-${turn}`, 2_000)]);
    for (const [turn, value] of rewritten.entries()) {
      await agent().save('a', {
        after: await agent().restore('a'),
        value,
        by: { ...by, taskId: `a-${turn}` },
      });
    }
    expect(head('a').previous).toBeDefined();
    for (let night = 0; night < 4; night++) {
      await run();
      nowMs += 25 * HOUR;
    }
    for (const page of chain.pages.slice(1)) expect(names()).toContain(`long/${page.key}`);
    expect(names()).toContain(chain.base.key);
    expect(names()).toContain(head('a').previous?.base.key);
  });

  test('compaction keeps a damaged context for inspection', async () => {
    const { chain } = head('b');
    memory.stored.objects.set(chain.base.key, { content: new Uint8Array([9, 9]), writtenAtMs: nowMs });
    const restored = await agent()
      .restore('b')
      .catch(() => undefined);
    expect(restored).toBeUndefined();
    for (let night = 0; night < 4; night++) {
      expect((await run()).unreadable).toEqual([]);
      nowMs += 25 * HOUR;
    }
    expect(memory.stored.objects.has(chain.base.key)).toBe(true);
  });

  test('a dry run reports what compaction would do, and does nothing', async () => {
    const [before, heads] = [names(), structuredClone(memory.stored.heads)];
    expect(await run({ dryRun: true })).toMatchObject({ merged: 1, patternBytes: expect.any(Number) });
    expect(names()).toEqual(before);
    expect(memory.stored.heads).toEqual(heads);
    expect(await memory.patternStore.current()).toBeUndefined();
  });

  test.each(['before', 'after'] as const)(
    'compaction killed %s any write loses nothing, and the next run finishes it',
    async (when) => {
      const before = await everything();
      const writes = ['put', 'rebase', 'setCurrent', 'delete', 'deletePages'];
      for (let killAt = 0; killAt < 12; killAt++) {
        let seen = 0;
        memory[when] = (call) => {
          if (writes.includes(call) && seen++ === killAt) throw new Error('killed');
        };
        await run().catch((error: Error) => expect(error.message).toBe('killed'));
        memory[when] = () => {};
        expect(await everything()).toEqual(before);
        nowMs += 25 * HOUR;
      }
      await run();
      expect(linksOf(head('long').chain)).toBe(0);
      expect(await everything()).toEqual(before);
    },
  );

  test('when compaction and a writer race, the first to move the head wins and nothing is lost', async () => {
    const slow = await agent().restore('long');
    await run();
    // The writer still works on the chain that was merged away.
    const value = [...(slow.value as unknown[]), 'late'];
    const by = { taskId: 'late', result: { kind: 'inline', json: '1' } } as const;
    expect(await agent().save('long', { after: slow, value, by })).toMatchObject({ kind: 'saved' });
    for (let night = 0; night < 3; night++) {
      nowMs += 25 * HOUR;
      await run();
    }
    expect((await agent().restore('long')).value).toEqual(value);
  });
});
