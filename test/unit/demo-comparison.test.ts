// Covers: local/demo/comparison.ts, local/demo/summary.ts, local/demo/pool.ts
import { expect, test } from 'vitest';
import { compareWithOthers, MOST_TASKS } from '../../local/demo/comparison.ts';
import { demoConfig } from '../../local/demo/pool.ts';
import { comparisonLines, type Report, summaryLines } from '../../local/demo/summary.ts';
import type { PlannedTask } from '../../local/replay/plan.ts';

const SPEED = 30;
const planned = (count: number): readonly PlannedTask[] =>
  Array.from({ length: count }, (_, index) => ({
    id: `demo-${index}`,
    contextId: 'c',
    // A task each second, and ten times as many for ten seconds.
    atSeconds: index < 10 ? index : index < 110 ? 10 + (index - 10) / 10 : index - 90,
    payload: { durationSeconds: 1, from: 0, messages: [] },
  }));
const run = (count: number) => ({
  planned: planned(count),
  config: demoConfig({ speed: SPEED, concurrency: 1 }),
  speed: SPEED,
});

const report = (comparison: Report['comparison']): Report => ({
  sent: 3,
  completed: 3,
  failed: 0,
  lost: 0,
  duplicated: 0,
  busyStopped: 0,
  queueWaitSeconds: { p50: 1, p95: 2, max: 3 },
  agentsStarted: 3,
  agentsStopped: 1,
  agentSecondsPaid: 100,
  concurrency: 1,
  slotSecondsUsed: 70,
  contextBytesWritten: 2048,
  contextBytesRead: 1024,
  objective: { percent: 95, withinSeconds: 90 / 36 },
  inTimeShare: 0.96,
  startupSeconds: 2.5,
  comparison,
});

test('a run is compared with a simulated agentpool, a constant fleet and KEDA, in the clock of the run', async () => {
  const comparison = await compareWithOthers({ ...run(140), startupSeconds: 2 });
  if (comparison.kind !== 'compared') throw new Error(comparison.reason);
  expect(comparison.simulated.map(({ policy }) => policy)).toEqual(['default', 'static', 'keda']);
  const constant = comparison.simulated[1];
  // 140 seconds of work in 50 seconds; what's paid is the size of the fleet for as long.
  expect(constant?.agentSecondsPaid).toBeGreaterThan(140);
  expect(constant?.agentSecondsPaid).toBeLessThan(12 * 55);
  for (const { usedShare, agentSecondsPaid } of comparison.simulated) {
    expect(usedShare * agentSecondsPaid).toBeCloseTo(140, 0);
  }
});

test('with slots, as much work fits into fewer agents, and the others have the same slots', async () => {
  const config = demoConfig({ speed: SPEED, concurrency: 4 });
  expect(config).toMatchObject({ min: 2, max: 3, concurrency: 4 });
  expect(demoConfig({ speed: SPEED, concurrency: 64 })).toMatchObject({ min: 1, max: 1 });
  const comparison = await compareWithOthers({ ...run(140), config, startupSeconds: 2 });
  if (comparison.kind !== 'compared') throw new Error(comparison.reason);
  for (const { usedShare, agentSecondsPaid } of comparison.simulated) {
    // A paid agent has four slots: what's used of them is the same work.
    expect(4 * usedShare * agentSecondsPaid).toBeCloseTo(140, 0);
    expect(agentSecondsPaid).toBeLessThanOrEqual(3 * 60);
  }
  expect(comparison.simulated[1]?.setting).toBeLessThanOrEqual(3);
});

test.each([
  ['it has too many tasks', MOST_TASKS + 1, 2, 'does it for more than 20000 tasks'],
  ['no agent became ready', 3, undefined, 'no agent became ready'],
])('a run is not compared when %s', async (_case, tasks, startupSeconds, reason) => {
  expect(await compareWithOthers({ ...run(tasks), startupSeconds })).toEqual({
    kind: 'skipped',
    reason: expect.stringContaining(reason),
  });
});

test('the summary fits 80 columns, and says what others would have paid', () => {
  const comparison: Report['comparison'] = {
    kind: 'compared',
    simulated: [
      { policy: 'default', setting: null, agentSecondsPaid: 90, usedShare: 0.78, inTimeShare: 0.97 },
      { policy: 'static', setting: 9, agentSecondsPaid: 120.4, usedShare: 0.58, inTimeShare: 1 },
      { policy: 'keda', setting: 1.7, agentSecondsPaid: 110, usedShare: 0.64, inTimeShare: 0.96 },
    ],
  };
  const text = [summaryLines(report(comparison), 80), comparisonLines(report(comparison), 80)].join('\n');
  expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  expect(text).toContain('96 % within 2.5 s');
  expect(text).toMatch(/constant fleet of 9 +120 +58 % +100 %/);
  expect(text).toMatch(/KEDA, 1\.7 tasks\/agent +110 +64 % +96 %/);
});

test('a summary of agents with slots says how much of them was used, and fits 80 columns', () => {
  const simulated = [
    { policy: 'keda', setting: 1.7, agentSecondsPaid: 30, usedShare: 0.6, inTimeShare: 1 },
  ] as const;
  const of = { ...report({ kind: 'compared', simulated }), concurrency: 4, agentSecondsPaid: 35 };
  const text = [summaryLines(of, 80), comparisonLines(of, 80)].join('\n');
  expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  expect(text.replaceAll(/\s+/g, ' ')).toContain(
    '35 agent-seconds of 4 slots until the last task ended; 70 slot-seconds used (50 %)',
  );
  expect(text).toContain('agents have 4 slots, take 2.5 s');
  expect(text).toMatch(/KEDA, 1\.7 tasks\/slot +30 +60 %/);
});

test('a summary without a comparison says why', () => {
  const text = comparisonLines(report({ kind: 'skipped', reason: 'no agent became ready' }), 80);
  expect(text).toBe('Not compared with other ways of scaling: no agent became ready.');
});
