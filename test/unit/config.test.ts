// Covers: shared/core/pool/config-conflicts.ts, shared/core/pool/config-problems.ts, shared/core/pool/config-schema.ts, shared/core/pool/known-fields.ts
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

describe('settings that cannot work together are refused', () => {
  const cron = { cron: '0 8 * * *', forMinutes: 60, atLeast: 2 };
  test.each<[string, object, string]>([
    [
      'no policy can start the first agent',
      { min: 0, policies: ['utilization'] },
      'policies: invalid value ["utilization"]: expected one that can start',
    ],
    ['a warm floor of zero starts nothing', { min: 0, policies: ['warm-floor'] }, 'because min is 0'],
    [
      'a schedule without floors starts nothing',
      { min: 0, policies: ['schedule', 'context-trend'] },
      'because min is 0',
    ],
    ['thresholds that no policy reads', { utilization: { scaleOutAbove: 0.9 } }, '"utilization" among them'],
    [
      'a warm floor that no policy keeps',
      { warmFloor: 2, policies: ['predictive'] },
      '"warm-floor" among them',
    ],
    ['floors that no policy keeps', { schedule: [cron], policies: ['predictive'] }, '"schedule" among them'],
    [
      'a stop timeout within one poll',
      { stopTimeoutSeconds: 5 },
      'stopTimeoutSeconds: invalid value 5: expected at least pollSeconds + 4 (24)',
    ],
    [
      'a ceiling below min',
      { min: 3, ceiling: { name: 'gpu', max: 2 } },
      'ceiling.max: invalid value 2: expected at least min (3)',
    ],
  ])('refused: %s', (_case, settings, expected) => {
    expect(wrong({ ...valid, ...settings })).toContain(expected);
  });

  test('refused: a ceiling that the minimums of its pools exceed together', () => {
    const ceiling = { name: 'gpu', max: 5 };
    expect(wrong({ ...valid, min: 3, ceiling }, { ...valid, name: 'b', min: 3, ceiling })).toContain(
      'pool "a", field ceiling.max: invalid value 5: expected at least 6',
    );
  });

  test.each<[string, object]>([
    ['a pool that runs only on schedule', { min: 0, policies: ['schedule'], schedule: [cron] }],
    ['a pool that is off', { min: 0, max: 0, policies: ['utilization'] }],
    [
      'thresholds with a policy that reads them',
      { utilization: { scaleOutAbove: 0.9 }, policies: ['utilization'] },
    ],
    ['floors above max, which wins', { max: 2, warmFloor: 5, schedule: [{ ...cron, atLeast: 9 }] }],
    [
      'a budget that min uses up: the pool never grows after that',
      { min: 3, budget: { agentHoursPerDay: 5, whenReached: 'stop-growing' } },
    ],
  ])('allowed: %s', (_case, settings) => {
    expect(wrong({ ...valid, ...settings })).toBe('no error');
  });
});

describe('an invalid configuration', () => {
  test.each<[string, object, string]>([
    ['no name', { handler: './a.ts' }, 'pool #1, field name: missing: expected a string'],
    ['an empty name', { ...valid, name: '' }, 'pool #1, field name: invalid value "": expected 1 to 32'],
    ['no handler', { name: 'a' }, 'pool "a", field handler: missing: expected a string'],
    [
      'min above max',
      { ...valid, min: 5, max: 2 },
      'pool "a", field min: invalid value 5: expected at most max (2)',
    ],
    [
      'NaN',
      { ...valid, tickSeconds: Number.NaN },
      'pool "a", field tickSeconds: invalid value NaN: expected a number',
    ],
    [
      'half an agent',
      { ...valid, max: 2.5 },
      'pool "a", field max: invalid value 2.5: expected a whole number',
    ],
    [
      'text for a number',
      { ...valid, max: '3' },
      'pool "a", field max: invalid value "3": expected a number',
    ],
    [
      'too large',
      { ...valid, stopTimeoutSeconds: 121 },
      'field stopTimeoutSeconds: invalid value 121: expected at most 120',
    ],
    [
      'a word that is none',
      { ...valid, ordering: 'lifo' },
      'field ordering: invalid value "lifo": expected "fifo" or "none"',
    ],
    [
      'no policy',
      { ...valid, policies: [] },
      'field policies: invalid value []: expected a list of at least 1',
    ],
    ['an unknown field', { ...valid, maximum: 3 }, 'pool "a": unknown field "maximum" (fields: name'],
    [
      'an unknown field further in',
      { ...valid, objective: { p: 1 } },
      'pool "a": unknown field "objective.p" (fields: percent, withinSeconds)',
    ],
    [
      'an unknown field of one in a list',
      { ...valid, schedule: [{ cron: '0 8 * * *', forMinutes: 1, atMost: 1 }] },
      'pool "a": unknown field "schedule.0.atMost" (fields: cron, timeZone, forMinutes, atLeast)',
    ],
    ['one for many', { ...valid, limits: {} }, 'field limits: invalid value {}: expected a list'],
    ['a word for an object', { ...valid, agent: 'small' }, 'invalid value "small": expected an object'],
    [
      'a list for variables',
      { ...valid, agent: { environment: [] } },
      'field agent.environment: invalid value []: expected an object',
    ],
    [
      'a variable of the container',
      { ...valid, agent: { environment: { AWS_REGION: 'us-east-1' } } },
      'field agent.environment.AWS_REGION: invalid value "us-east-1": expected a variable name without the prefix',
    ],
    [
      'neither a word nor a number',
      { ...valid, scaleInStabilizationSeconds: 'long' },
      'field scaleInStabilizationSeconds: invalid value "long": expected "auto" or a number',
    ],
    [
      'an alarm that is neither changed nor off',
      { ...valid, alarms: { TasksFailed: 'on' } },
      'field alarms.TasksFailed: invalid value "on": expected "off", or an object with threshold, periods or both',
    ],
    [
      'thresholds that cross',
      { ...valid, utilization: { scaleOutAbove: 0.3, scaleInBelow: 0.4 } },
      'field utilization.scaleInBelow: invalid value 0.4: expected less than utilization.scaleOutAbove',
    ],
  ])(
    'an invalid configuration names its pool, its field and the allowed values: %s',
    (_case, given, expected) => {
      expect(wrong(given)).toContain(expected);
    },
  );

  const limited = (limit: object, changes: object = {}) => ({
    ...valid,
    limits: [{ name: 'openai', perMinute: { requests: 60 }, ...limit }],
    ...changes,
  });
  test.each<[string, object, string]>([
    [
      'without an amount',
      { perMinute: {} },
      'field limits.0.perMinute: invalid value {}: expected requests, tokens or both',
    ],
    [
      'that no request fits into',
      { perMinute: { requests: 0.5 } },
      'field limits.0.perMinute.requests: invalid value 0.5: expected at least 1',
    ],
    [
      'of less than a token',
      { perMinute: { tokens: 0.9 } },
      'field limits.0.perMinute.tokens: invalid value 0.9: expected at least 1',
    ],
    [
      'with a wildcard',
      { name: 'open*' },
      'field limits.0.name: invalid value "open*": expected 1 to 64 of letters',
    ],
    [
      'of two words',
      { name: 'open ai' },
      'field limits.0.name: invalid value "open ai": expected 1 to 64 of letters',
    ],
    ['with a long name', { name: 'x'.repeat(65) }, 'expected 1 to 64 of letters'],
    [
      'in another unit',
      { perMinute: { images: 3 } },
      'pool "a": unknown field "limits.0.perMinute.images" (fields: requests, tokens)',
    ],
    ['without perMinute', { perMinute: undefined }, 'field limits.0.perMinute: missing: expected an object'],
  ])('a limit %s is rejected', (_case, limit, expected) => {
    expect(wrong(limited(limit))).toContain(expected);
  });
  test('a pool cannot name a limit twice', () => {
    const { limits } = limited({});
    expect(wrong({ ...valid, limits: [...limits, ...limits] })).toContain(
      'pool "a", field limits.1.name: invalid value "openai": expected a name no other limit of this pool has',
    );
  });
  test('pools that share a limit give it the same amounts, in any order', () => {
    const perMinute = { requests: 60, tokens: 9 };
    const same = { tokens: 9, requests: 60 };
    const other = { name: 'b' };
    expect(wrong(limited({ perMinute }), limited({ perMinute: same, priority: 1 }, other))).toBe('no error');
    expect(wrong(limited({ perMinute }), limited({}, other))).toContain(
      'pool "b", field limits.0.perMinute: invalid value {"requests":60}: expected {"requests":60,"tokens":9}, as in the other pools with limit "openai"',
    );
  });

  test('two pools of one name are rejected', () => {
    expect(wrong(valid, valid)).toContain(
      'pool "a", field name: invalid value "a": expected a name no other pool has',
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
