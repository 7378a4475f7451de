import stringWidth from 'string-width';
import { expect, test } from 'vitest';
import { agentsTable } from '../../cli/agents-table.ts';
import type { AgentView } from '../../shared/views/pool-view.ts';
import { NOW_MS } from './build.ts';

const ID = '0b2f5c1e-8a52-4d5e-9d2c-6f3c1f0f9a1';
const agent = (changes: Partial<AgentView>): AgentView & { pool: string } => ({
  pool: 'support',
  id: '16207f0d54ce9818',
  status: 'busy',
  statusSinceMs: NOW_MS - 2_000,
  heartbeatAtMs: NOW_MS,
  launchedAtMs: NOW_MS - 51_000,
  revision: 'agents:1',
  contextBytes: 6_144,
  slots: 4,
  taskIds: [`${ID}1`, `${ID}2`, `${ID}3`],
  ...changes,
});
const shown = (width: number, ...agents: readonly ReturnType<typeof agent>[]) =>
  agentsTable(agents, { wide: false, nowMs: NOW_MS })(width).split('\n');

test('an agent with several tasks fits a terminal, with its used slots, one ID and how many more there are', () => {
  const lines = shown(120, agent({}));
  expect(lines[1]).toContain(`busy    2 s  3/4    ${ID}1 and 2 more  `);
  expect(Math.max(...shown(80, agent({})).map((line) => stringWidth(line)))).toBeLessThanOrEqual(80);
});

test('what is no terminal gets all IDs', () => {
  expect(shown(Number.POSITIVE_INFINITY, agent({}))[1]).toContain(`${ID}1, ${ID}2, ${ID}3`);
});

test('an agent that a handler holds up says so, and one without tasks says why it has none', () => {
  const heldUp = agent({ heldUpSinceMs: NOW_MS });
  const broken = agent({ status: 'starting', taskIds: [], problem: 'no such module\n  at x' });
  const [, first, second] = shown(120, heldUp, broken);
  expect(first).toContain('busy, held up');
  expect(second).toContain('0/4    no such module  ');
});
