import { createHash } from 'node:crypto';
import { expect } from 'vitest';
import type { ContextCache } from '../../shared/contexts/cache.ts';
import { type Contexts, contexts } from '../../shared/contexts/contexts.ts';
import { patterns } from '../../shared/contexts/patterns.ts';
import type { ContextHead } from '../../shared/ports/context-store.ts';
import type { MemoryContexts } from '../../sim/aws/context-stores.ts';
import { virtualClock } from './virtual-clock.ts';

/** The contexts of a pool as one of its agents has them. */
export function agentOf(memory: MemoryContexts, cache?: ContextCache): Contexts {
  return contexts('test', {
    ...memory,
    clock: virtualClock(),
    patterns: patterns('test', { ...memory, store: memory.patternStore, nowMs: () => 0 }),
    ...(cache && { cache }),
  });
}

export const by = (taskId: string) => ({ taskId, result: { kind: 'inline', json: '1' } }) as const;

/** Text without repetitions. */
export function textOf(seed: number, bytes: number): string {
  return Array.from({ length: Math.ceil(bytes / 64) }, (_, part) =>
    createHash('sha256').update(`${seed}/${part}`).digest('hex'),
  )
    .join('')
    .slice(0, bytes);
}

/** A conversation of `turns` turns, each with some text that was not there before. */
export function turnsOf(turns: number, bytes = 60): readonly (readonly unknown[])[] {
  return Array.from({ length: turns }, (_, turn) =>
    Array.from({ length: turn + 1 }, (_message, index) => ({ index, text: textOf(index, bytes) })),
  );
}

/** Saves each turn on top of the one before. */
export async function converse(agent: Contexts, turns: readonly unknown[], contextId = 'c'): Promise<void> {
  for (const [index, value] of turns.entries()) {
    const after = await agent.restore(contextId);
    const saved = await agent.save(contextId, { after, value, by: by(`${contextId}-${index}`) });
    expect(saved).toMatchObject({ kind: 'saved' });
  }
}

export function headOf(memory: MemoryContexts, contextId = 'c'): ContextHead {
  return memory.stored.heads.get(contextId) as ContextHead;
}

/** How often these calls were made. */
export function callsOf(memory: MemoryContexts, ...names: readonly string[]): number {
  return names.reduce((sum, name) => sum + (memory.calls.get(name) ?? 0), 0);
}
