// Covers: shared/contexts/compact.ts, shared/contexts/listed-contexts.ts, shared/contexts/merge-chain.ts, shared/contexts/new-patterns.ts, shared/ports/compaction-store.ts
import { beforeEach, describe, expect, test } from 'vitest';
import { type CompactionOptions, compact, dueCompaction } from '../../shared/contexts/compact.ts';
import { contexts } from '../../shared/contexts/contexts.ts';
import { NO_PATTERNS } from '../../shared/contexts/patterns.ts';
import type { Compaction } from '../../shared/ports/compaction-store.ts';
import { type MemoryContexts, memoryContexts } from '../../sim/aws/context-stores.ts';
import { NOW_MS } from './build.ts';
import { callsOf, converse, headOf, turnsOf } from './conversing.ts';

const HOUR_MS = 3_600_000;
let nowMs = NOW_MS;
let memory: MemoryContexts;
beforeEach(() => {
  nowMs = NOW_MS;
  memory = memoryContexts(() => nowMs);
});
const clock = { now: () => nowMs, elapsed: () => nowMs, sleep: async () => {} };
const agent = () => contexts('test', { ...memory, clock });
const run = (options?: CompactionOptions) =>
  compact('test', { ...memory, clock, patterns: NO_PATTERNS }, options);

/** A conversation of one turn, without the work of a real one. */
async function stored(count: number, of = (index: number) => `c${index}`): Promise<void> {
  await converse(agent(), ['a turn'], 'template');
  const template = headOf(memory, 'template');
  const base = memory.stored.objects.get(template.chain.base.key);
  memory.stored.heads.delete('template');
  memory.stored.objects.clear();
  for (let index = 0; index < count; index++) {
    const contextId = of(index);
    const key = template.chain.base.key.replace('template', contextId);
    memory.stored.heads.set(contextId, {
      ...template,
      contextId,
      chain: { ...template.chain, base: { ...template.chain.base, key } },
    });
    if (base) memory.stored.objects.set(key, base);
  }
  memory.calls.clear();
}

describe('a compaction', () => {
  test('a compaction that has to stop is continued where it stopped, by as many runs as it takes', async () => {
    await stored(100);
    const visited: number[] = [];
    let at: Compaction | undefined;
    while (at?.completedAtMs === undefined) {
      let batches = 0;
      const { report, compaction } = await run({ from: at, isOver: () => batches++ === 2 });
      visited.push(report.contexts);
      at = compaction;
    }
    expect(visited).toEqual([32, 32, 32, 4]);
  });

  test('a compaction begins once a day, and a run in between has nothing to do', async () => {
    const first = dueCompaction(undefined, nowMs);
    expect(first).toMatchObject({ startedAtMs: nowMs });
    expect(dueCompaction(first, nowMs + HOUR_MS)).toBe(first);
    const done = { ...(first as Compaction), completedAtMs: nowMs + 1, unneeded: { old: nowMs } };
    expect(dueCompaction(done, nowMs + 23 * HOUR_MS)).toBeUndefined();
    const next = dueCompaction(done, nowMs + 24 * HOUR_MS);
    expect(next).toMatchObject({ startedAtMs: nowMs + 24 * HOUR_MS, unneeded: { old: nowMs } });
    expect(next).not.toHaveProperty('completedAtMs');
  });

  test('a compaction takes one request a context, and a list of a pool is not one of another', async () => {
    await stored(300);
    await memory.objects.put(`contexts/test2/x/1-${'a'.repeat(64)}`, new Uint8Array([1]));
    await memory.objects.put(`contexts/other/x/1-${'a'.repeat(64)}`, new Uint8Array([1]));
    const { report } = await run();
    expect(report).toMatchObject({ contexts: 300, merged: 0, deleted: 0 });
    expect(callsOf(memory, 'parts')).toBe(300);
    // To learn from the latest 64.
    expect(callsOf(memory, 'read')).toBe(64);
    expect(callsOf(memory, 'list')).toBe(2);
  });

  test('what a compaction remembers stays small, however many contexts there are', async () => {
    await stored(1_100, (index) => `${index}`.padStart(200, 'x'));
    let largest = 0;
    await run({
      onProgress: async (at) => {
        largest = Math.max(largest, JSON.stringify(at).length);
      },
      isOver: () => false,
    });
    const { compaction } = await run({ isOver: stopAfter(900) });
    expect(JSON.stringify(compaction).length).toBeLessThan(40_000);
    expect(largest).toBeGreaterThan(0);
    expect(largest).toBeLessThan(40_000);
  });

  test('a context larger than 512 KiB is left to its agents', async () => {
    await converse(agent(), turnsOf(50, 600), 'long');
    nowMs += 2 * HOUR_MS;
    const head = headOf(memory, 'long');
    memory.stored.heads.set('long', { ...head, plainBytes: 2 * 1024 * 1024 });
    expect((await run()).report).toMatchObject({ merged: 0 });
    memory.stored.heads.set('long', head);
    expect((await run()).report).toMatchObject({ merged: 1 });
  });

  test('a merged chain stays until the next one, for an agent that is about to go on from it', async () => {
    await converse(agent(), turnsOf(50, 600), 'long');
    const before = headOf(memory, 'long').chain;
    nowMs += 48 * HOUR_MS;
    await run();
    expect(headOf(memory, 'long').previous).toEqual(before);
    nowMs += 48 * HOUR_MS;
    await run();
    expect(memory.stored.objects.has(before.base.key)).toBe(true);
  });
});

function stopAfter(contexts: number): () => boolean {
  let batches = 0;
  return () => batches++ * 16 >= contexts;
}
