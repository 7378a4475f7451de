// Covers: shared/contexts/contexts.ts
import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { contexts } from '../../shared/contexts/contexts.ts';
import { patterns } from '../../shared/contexts/patterns.ts';
import { memoryContexts } from '../../sim/aws/context-stores.ts';
import { virtualClock } from '../unit/virtual-clock.ts';

test('a context of almost 64 MiB is stored and restored, and a larger one is rejected before a byte is written', async () => {
  const memory = memoryContexts();
  const agent = contexts('test', {
    ...memory,
    clock: virtualClock(),
    patterns: patterns('test', { ...memory, store: memory.patternStore, nowMs: () => 0 }),
  });
  const by = (taskId: string) => ({ taskId, result: { kind: 'inline', json: '1' } }) as const;
  const writes = () => ['put', 'putPage', 'advance'].map((call) => memory.calls.get(call) ?? 0);
  const text = randomBytes(1024 * 1024)
    .toString('hex')
    .repeat(31);
  for (const [index, value] of [{ text }, { text, more: 'a turn' }].entries()) {
    await agent.save('c', { after: await agent.restore('c'), value, by: by(`c-${index}`) });
  }

  const restored = await agent.restore('c');

  expect((restored.value as { text: string }).text === text).toBe(true);
  const before = writes();
  const value = { text: text + text + text };
  await expect(agent.save('c', { after: restored, value, by: by('x') })).rejects.toThrow('at most 67108864');
  expect(writes()).toEqual(before);
});
