// Covers: test/mutation/mutation.ts, test/mutation/behind-the-contracts.ts, test/mutation/behind-the-scenarios.ts, test/mutation/behind-the-simulation.ts
import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { BEHIND_THE_CONTRACTS } from './behind-the-contracts.ts';
import { BEHIND_THE_SCENARIOS, SCENARIOS } from './behind-the-scenarios.ts';
import { BEHIND_THE_SIMULATION } from './behind-the-simulation.ts';
import { plant } from './mutation.ts';

const MUTATIONS = [...BEHIND_THE_CONTRACTS, ...BEHIND_THE_SCENARIOS, ...BEHIND_THE_SIMULATION];

test.each(MUTATIONS)('the planted bug "$name" still fits the code', (mutation) => {
  const text = readFileSync(mutation.file, 'utf8');
  expect(plant(mutation, text)).not.toBe(text);
});

test('a bug is not planted where its text is missing or appears twice', () => {
  const bug = { name: 'a bug', file: 'a.ts', of: 'right', to: 'wrong' };
  expect(plant(bug, 'all right')).toBe('all wrong');
  for (const text of ['all left', 'right, right']) {
    expect(() => plant(bug, text)).toThrow('a bug: a.ts must contain once: right');
  }
});

test('the tests that look for planted bugs exist', () => {
  expect(SCENARIOS.filter((file) => !existsSync(file))).toEqual([]);
});

test('every planted bug has a name of its own', () => {
  expect(new Set(MUTATIONS.map(({ name }) => name)).size).toBe(MUTATIONS.length);
});
