// Covers: agent/limits/agent-limits.ts, agent/limits/limit-queue.ts, shared/ports/limit-store.ts
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { agentLimits } from '../../agent/limits/agent-limits.ts';
import { LAPSES_AFTER_MS } from '../../agent/limits/lease-balance.ts';
import type { LimitStore } from '../../shared/ports/limit-store.ts';
import { LimitRecords } from '../../sim/aws/limit-records.ts';
import { Engine, Process } from '../../sim/engine.ts';
import { cases } from '../cases.ts';

/** A token takes a millisecond. */
const LIMIT = { name: 'model', perMinute: { tokens: 60_000 } };
const SKEW_MS = 5_000;

type Given = {
  readonly skewMs: number;
  readonly calls: readonly { readonly atMs: number; readonly ms: number; readonly isLost: boolean }[];
};

const given = fc.array(
  fc.record({
    skewMs: fc.integer({ min: -SKEW_MS, max: SKEW_MS }),
    calls: fc.array(
      fc.record({
        atMs: fc.integer({ min: 0, max: 60_000 }),
        ms: fc.integer({ min: 100, max: 4_000 }),
        isLost: fc.integer({ min: 0, max: 9 }).map((chance) => chance === 0),
      }),
      { minLength: 20, maxLength: 40 },
    ),
  }),
  { minLength: 2, maxLength: 6 },
);

/** When each call had its turn, in real time, and the longest lease. */
async function run(agents: readonly Given[]) {
  const engine = new Engine(1);
  const records = new LimitRecords();
  const turns: { readonly atMs: number; readonly ms: number }[] = [];
  let longestMs = 0;
  for (const { skewMs, calls } of agents) {
    engine.skewMs = () => skewMs;
    const lost = calls.map(({ isLost }) => isLost);
    const store: LimitStore = {
      close: records.close,
      read: records.read,
      async reserve(name, lease) {
        longestMs = Math.max(longestMs, lease.ms);
        const reserved = await records.reserve(name, lease);
        await engine.wait(10);
        if (lost.pop()) throw new Error('the response was lost');
        return reserved;
      },
    };
    const log = { warn: () => {} };
    const limits = agentLimits([LIMIT], { store, clock: new Process(engine, 'agent').clock, log });
    const { acquire } = limits.forTask(new AbortController().signal);
    for (const { atMs, ms } of calls)
      engine.after(atMs, () => {
        acquire('model', { tokens: ms }).then(
          () => void turns.push({ atMs: engine.nowMs, ms }),
          () => {},
        );
      });
  }
  await engine.runUntil(300, () => false);
  return { turns, longestMs };
}

/** By how much the calls of any stretch of time used more than that time, at the worst. */
function excessMs(turns: readonly { readonly atMs: number; readonly ms: number }[]): number {
  let worst = 0;
  for (const [index, first] of turns.entries()) {
    let usedMs = 0;
    for (const { atMs, ms } of turns.slice(index)) {
      usedMs += ms;
      worst = Math.max(worst, usedMs - (atMs - first.atMs));
    }
  }
  return worst;
}

test('whatever agents call and whatever their clocks say, they never use more of a limit than it gives', async () => {
  await fc.assert(
    fc.asyncProperty(given, async (agents) => {
      const { turns, longestMs } = await run(agents);
      const skews = agents.map(({ skewMs }) => skewMs);
      const differMs = Math.max(...skews) - Math.min(...skews);
      expect(excessMs(turns)).toBeLessThanOrEqual(differMs + LAPSES_AFTER_MS + longestMs + 1);
    }),
    { numRuns: cases(1_000) },
  );
});
