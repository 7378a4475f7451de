// Covers: shared/core/pool/settings.ts
import { describe, expect, test } from 'vitest';
import { effectiveConfig, withSettings } from '../../shared/core/pool/settings.ts';
import { pool } from './build.ts';

const set = (values: Readonly<Record<string, unknown>>) => ({ values, by: 'night shift', atMs: 1 });

describe('settings', () => {
  test('settings replace deployed values, and parts of them', () => {
    const deployed = pool({ max: 10, scaleOutLimit: { agents: 5, percent: 50 } });
    expect(withSettings(deployed, { max: 80, scaleOutLimit: { percent: 10 } })).toEqual({
      ...deployed,
      max: 80,
      scaleOutLimit: { agents: 5, percent: 10 },
    });
  });

  test.each([
    [{ max: 0.5 }, 'field max: invalid value 0.5: expected a whole number'],
    [{ min: 20 }, 'field min: invalid value 20: expected at most max (10)'],
    [{ policies: ['guess'] }, 'field policies.0: invalid value "guess"'],
    [{ budget: { agentHoursPerDay: 5 } }, 'field budget.whenReached'],
    [{ handler: './other.ts' }, 'handler cannot be set, only deployed'],
    [{ objective: { percent: 99 } }, 'objective cannot be set, only deployed'],
    [JSON.parse('{"__proto__": {"max": 5}}'), '__proto__ cannot be set'],
  ])('settings %j are rejected with the allowed values', (values, allowed) => {
    expect(() => withSettings(pool({ max: 10 }), values)).toThrow(allowed);
  });

  test('settings that a deployment made impossible are left out, and reported', () => {
    const deployed = pool({ min: 0, max: 5 });
    expect(effectiveConfig(deployed, set({ min: 8 }))).toMatchObject({
      kind: 'impossible',
      config: deployed,
      reason: expect.stringContaining('invalid value 8: expected at most max (5)'),
    });
  });
});
