// Covers: shared/contexts/patterns.ts, shared/contexts/learn-patterns.ts
import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { contentHash } from '../../shared/contexts/chain.ts';
import { learnPatterns } from '../../shared/contexts/learn-patterns.ts';
import { PATTERN_BYTES_AT_MOST } from '../../shared/contexts/patterns.ts';
import { patternKey } from '../../shared/ports/object-keys.ts';
import { type MemoryContexts, memoryContexts } from '../../sim/aws/context-stores.ts';
import { agentOf, callsOf, converse, headOf, textOf } from './conversing.ts';

let memory: MemoryContexts;
beforeEach(() => {
  memory = memoryContexts();
});
const agent = () => agentOf(memory);
const head = (contextId?: string) => headOf(memory, contextId);
const calls = (...names: readonly string[]) => callsOf(memory, ...names);

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

  test('text that conversations share is stored once', async () => {
    await converse(agent(), [conversation(9)], 'before');
    await learn();
    await converse(agent(), [conversation(9)], 'after');
    expect(head('after').chain.base.bytes).toBeLessThan(head('before').chain.base.bytes / 3);
    expect((await agent().restore('after')).value).toEqual(conversation(9));
  });
  test('an agent fetches patterns once for all its conversations', async () => {
    await learn();
    const worker = agent();
    memory.calls.clear();
    for (const id of ['a', 'b', 'c']) await converse(worker, [conversation(9), conversation(10)], id);
    expect(calls('current')).toBe(1);
    expect(calls('get')).toBe(1 + 3);
  });
  test('a link is read with the patterns it was written with, even when others are current', async () => {
    await learn();
    await converse(agent(), [conversation(9), conversation(10)]);
    const other = Buffer.from(textOf(77, 5_000));
    await memory.objects.put(patternKey('test', contentHash(other)), other);
    await memory.patternStore.setCurrent(contentHash(other), 0);
    await converse(agent(), [conversation(11)]);
    expect((await agent().restore('c')).value).toEqual(conversation(11));
    expect(head().chain.patterns).toHaveLength(2);
  });
  test('a snapshot is written even when its patterns are missing', async () => {
    await memory.patternStore.setCurrent('0'.repeat(64), 0);
    await converse(agent(), [conversation(9)]);
    expect((await agent().restore('c')).value).toEqual(conversation(9));
  });
  test('learned patterns are bounded and contain nothing twice', () => {
    const same = Buffer.from(JSON.stringify(conversation(1)));
    expect(learnPatterns([same, same, same]).length).toBeLessThan(1.1 * same.length);
    const many = Array.from({ length: 50 }, () => randomBytes(20_000));
    expect(learnPatterns(many).length).toBeLessThanOrEqual(PATTERN_BYTES_AT_MOST);
  });
});
