// Covers: docs/operations.md, infra/watch/pool-alarms.ts, infra/watch/platform-alarms.ts, infra/watch/burn-rate.ts, console/local/alarms.ts
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { burnLimits } from '../../infra/watch/burn-rate.ts';
import type { PoolInput } from '../../shared/core/pool/config.ts';
import { alarmsOf, playedPool, type Situation } from './runbook/played-pool.ts';
import { HARMLESS, SITUATIONS } from './runbook/situations.ts';
import { templateOf } from './synthesize.ts';

type Row = { readonly situation: string; readonly alarm: string; readonly minutes: number };

const runbook = readFileSync('docs/operations.md', 'utf8');
/** The table of the runbook: `| situation | [Alarm](#alarm) | 15 min | first step |`. */
const rows: readonly Row[] = [
  ...runbook.matchAll(/^\| (.+?) +\| \[(\w+)\]\(#(\w+)\) +\| +(\d+) (min|h) +\|/gm),
].map(([, situation = '', alarm = '', anchor, time, unit]) => {
  expect(anchor).toBe(alarm.toLowerCase());
  return { situation, alarm, minutes: Number(time) * (unit === 'h' ? 60 : 1) };
});

const POOL: PoolInput = {
  name: 'test',
  handler: './handler.ts',
  budget: { agentHoursPerDay: 30, whenReached: 'warn' },
  limits: [{ name: 'model', perMinute: { tokens: 400_000 } }],
};
const alarms = alarmsOf(templateOf([POOL]));
const played = (situation: Situation) => playedPool(POOL, alarms, situation);

describe("the runbook's table", () => {
  test('every row has a situation to play, and every situation a row', () => {
    expect(rows.map(({ situation }) => situation)).toEqual(Object.keys(SITUATIONS));
  });

  test('every alarm of the stack has a row, and every row an alarm of the stack', () => {
    expect(new Set(rows.map(({ alarm }) => alarm))).toEqual(new Set(alarms.map(({ id }) => id)));
  });

  test.each(rows)('$situation: $alarm goes on within $minutes minutes', ({ situation, alarm, minutes }) => {
    const pool = played(SITUATIONS[situation] as Situation);
    expect(pool.alarmsAfter(0)).toEqual([]);
    const each = Array.from({ length: minutes }, (_, minute) => pool.alarmsAfter(minute + 1));
    expect(each.flat()).toContain(alarm);
  });
});

test.each(Object.entries(HARMLESS))('no alarm goes on because of %s', (_, situation) => {
  const pool = played(situation);
  const minutes = Array.from({ length: 90 }, (_, minute) => minute);
  expect(minutes.flatMap((minute) => pool.alarmsAfter(minute))).toEqual([]);
});

test('a pool changes its alarms by their names: another threshold, other periods, or none', () => {
  const changed = { AttemptsFailing: { threshold: 0.2, periods: 1 }, TicksAtMaximum: 'off' as const };
  const after = alarmsOf(templateOf([{ ...POOL, alarms: changed }]));
  expect(after.map(({ id }) => id)).toEqual(
    alarms.map(({ id }) => id).filter((id) => id !== 'TicksAtMaximum'),
  );
  const failing = after.find(({ id }) => id === 'AttemptsFailing');
  expect(failing?.properties).toMatchObject({ Threshold: 0.2, EvaluationPeriods: 1 });
  expect(() => templateOf([{ ...POOL, alarms: { AgentsOverdue: 'off' } }])).toThrow(
    /^pool test: no alarm AgentsOverdue \(alarms: DeadLetters, TasksOverdue, /,
  );
});

test('an alarm on the error budget ends soon after the tasks start on time again', () => {
  const late = SITUATIONS['Most tasks start late'] as Situation;
  const pool = played({ at: (minute) => (minute < 30 ? late.at(minute) : {}) });
  expect(pool.alarmsAfter(30)).toContain('ErrorBudgetFastBurn');
  expect(pool.alarmsAfter(35)).toEqual([]);
});

test.each([
  [99.9, { fast: 98.56, slow: 99.4 }],
  [99, { fast: 85.6, slow: 94 }],
  [95, { fast: 47.5, slow: 71.25 }],
  [80, { fast: 40, slow: 60 }],
  [50, { fast: 25, slow: 37.5 }],
])(
  'the burn rates of an objective of %d percent can be reached, and are worse than allowed',
  (percent, limits) => {
    expect(burnLimits({ percent, withinSeconds: 30 })).toEqual(limits);
  },
);
