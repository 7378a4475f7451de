import { describe, expect, test } from 'vitest';
import poolsConfig from '../../pools.config.ts';
import { ConfigError, minimalPool, parsePools } from '../../shared/core/pool/config.ts';
import { pool } from './build.ts';

const wrong = (...pools: unknown[]): string => {
  try {
    parsePools(pools);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return 'no error';
};
const valid = { name: 'a', handler: './a.ts' };

describe('an invalid configuration', () => {
  test.each<[string, object, string]>([
    ['no name', { handler: './a.ts' }, 'pool number 1, field name: got undefined, allowed: a string'],
    [
      'an empty name',
      { ...valid, name: '' },
      'pool number 1, field name: got "", allowed: a name of 1 to 32',
    ],
    ['no handler', { name: 'a' }, 'pool "a", field handler: got undefined, allowed: a string'],
    [
      'min above max',
      { ...valid, min: 5, max: 2 },
      'pool "a", field min: got 5, allowed: at most max, which is 2',
    ],
    ['NaN', { ...valid, tickSeconds: Number.NaN }, 'pool "a", field tickSeconds: got NaN, allowed: a number'],
    ['half an agent', { ...valid, max: 2.5 }, 'pool "a", field max: got 2.5, allowed: a whole number'],
    ['text for a number', { ...valid, max: '3' }, 'pool "a", field max: got "3", allowed: a number'],
    [
      'too large',
      { ...valid, stopTimeoutSeconds: 121 },
      'field stopTimeoutSeconds: got 121, allowed: at most 120',
    ],
    [
      'a word that is none',
      { ...valid, ordering: 'lifo' },
      'field ordering: got "lifo", allowed: "fifo" or "none"',
    ],
    ['no policy', { ...valid, policies: [] }, 'field policies: got [], allowed: a list of at least 1'],
    [
      'an unknown field',
      { ...valid, maximum: 3 },
      'pool "a", field maximum: unknown field; known fields: name',
    ],
    [
      'an unknown field further in',
      { ...valid, objective: { p: 1 } },
      'pool "a", field objective.p: unknown field',
    ],
    [
      'thresholds that cross',
      { ...valid, utilization: { scaleOutAbove: 0.3, scaleInBelow: 0.4 } },
      'field utilization.scaleInBelow: got 0.4, allowed: below utilization.scaleOutAbove',
    ],
  ])(
    'an invalid configuration names its pool, its field and the allowed values: %s',
    (_case, given, expected) => {
      expect(wrong(given)).toContain(expected);
    },
  );

  test('two pools of one name are rejected', () => {
    expect(wrong(valid, valid)).toContain(
      'pool "a", field name: got "a", allowed: a name that no other pool has',
    );
  });
  test('all invalid values of all pools are reported at once', () => {
    expect(wrong({ ...valid, min: -1 }, { ...valid, name: 'b', max: -1 })).toMatch(/pool "a".*\n.*pool "b"/);
  });
  test.each([undefined, [], 'a', { pools: [] }])('%j is not a list of pools', (given) => {
    expect(() => parsePools(given)).toThrow(ConfigError);
  });
});

test("the project's own pools use the defaults that the documentation gives", () => {
  const [echo] = parsePools(poolsConfig);
  expect(echo).toEqual(pool({ name: 'echo', handler: './agent/handlers/echo.ts' }));
  expect(echo).toMatchObject({
    min: 2,
    max: 10,
    utilization: { scaleOutAbove: 0.7, scaleInBelow: 0.2 },
    tickSeconds: 15,
    objective: { percent: 95, withinSeconds: 30 },
  });
});

test('a pool in the short form is read back whole', () => {
  const config = pool({ max: 7, objective: { withinSeconds: 5 } });
  const brief = minimalPool(config);
  expect(Object.keys(brief).toSorted()).toEqual(['handler', 'max', 'name', 'objective']);
  expect(parsePools([brief])).toEqual([config]);
});
