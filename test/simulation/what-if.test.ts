// Covers: sim/what-if/explore.ts, sim/what-if/start.ts, sim/what-if/worker.ts
import { beforeAll, describe, expect, test } from 'vitest';
import { readTrace } from '../../shared/tasks/trace.ts';
import { productionScaler } from '../../sim/backtest/production.ts';
import { simulate } from '../../sim/backtest/simulate.ts';
import { explore } from '../../sim/what-if/explore.ts';
import { startWhatIf } from '../../sim/what-if/start.ts';
import type { WhatIf, WhatIfEvent, WhatIfPoint } from '../../sim/what-if/what-if.ts';
import { pool } from '../unit/build.ts';

const config = pool({ min: 6, max: 60 });
const trace = await readTrace('sim/traces/duration-drift.csv.gz');
const arrivals = trace.filter(({ atSeconds }) => atSeconds < 3_600);
const question = (change: WhatIf['change']): WhatIf => ({ config, startupSeconds: 45, arrivals, change });

async function explored(whatIf: WhatIf): Promise<WhatIfEvent[]> {
  const events: WhatIfEvent[] = [];
  await explore(whatIf, (event) => events.push(event));
  return events;
}
const pointsOf = (events: readonly WhatIfEvent[]) =>
  events.flatMap((event) => (event.kind === 'point' ? [event.point] : []));

/** The events of a question in a thread. */
async function inThread(whatIf: WhatIf): Promise<WhatIfEvent[]> {
  const events: WhatIfEvent[] = [];
  await new Promise<void>((resolve) => {
    startWhatIf(whatIf, (event) => {
      events.push(event);
      if (event.kind === 'done' || event.kind === 'failed') resolve();
    });
  });
  return events;
}

describe('what if', () => {
  const change = { min: 8, objective: { withinSeconds: 10 } };
  let events: WhatIfEvent[];
  let points: WhatIfPoint[];
  beforeAll(async () => {
    events = await explored(question(change));
    points = pointsOf(events);
  });

  test('what if gives today’s settings first, then the changed ones, the peers and the others', () => {
    const roles = [...new Set(points.map(({ role }) => role))];
    expect(roles).toEqual(['today', 'changed', 'peer', 'bound', 'frontier', 'candidate']);
    expect(points[1]).toMatchObject({ label: 'min 8, 95 % within 10 s', values: { min: 8 } });
    expect(events.at(-1)?.kind).toBe('done');
  });
  test('what if judges every point by the changed objective, today’s and the frontier too', async () => {
    for (const { within, meetsObjective } of points) expect(meetsObjective).toBe(within >= 0.95);
    const aimingAtToday = await simulate(
      arrivals,
      { config, startupSeconds: 45 },
      { begin: productionScaler, judgedBySeconds: 10 },
    );
    expect(points[0]?.within).toBe(aimingAtToday.within);
    const frontier = points.filter(({ role }) => role === 'frontier');
    // To aim at a longer wait than the objective's is to be late by the objective more often.
    const withins = [5, 20, 40].map(
      (seconds) => frontier.find(({ label }) => label === `aiming at 95 % within ${seconds} s`)?.within,
    );
    expect(withins).toEqual(withins.toSorted((a, b) => Number(b) - Number(a)));
    expect(withins.at(-1)).toBeLessThan(0.95);
  });
  test('what if counts its points, and never more than it announced', () => {
    const progress = events.filter((event) => event.kind === 'progress');
    for (const { done, of } of progress) expect(done).toBeLessThanOrEqual(of);
    const last = progress.at(-1);
    expect([last?.done, last?.of]).toEqual([points.length, points.length]);
  });
  test('what if gives the agents paid and their dollars, and no dollars without a list price', async () => {
    for (const { agentsPaid, dollarsPerHour } of points)
      expect(dollarsPerHour).toBeCloseTo(agentsPaid * 0.009875, 10);
    const own = pool({ min: 6, max: 60, capacity: { ec2: ['gpu'] } });
    const [first] = pointsOf(
      await explored({ ...question({}), config: own, arrivals: arrivals.slice(0, 50) }),
    );
    expect(first?.agentsPaid).toBeGreaterThan(0);
    expect(first).not.toHaveProperty('dollarsPerHour');
  });
  test('what if has no changed point when nothing differs', async () => {
    const few = { ...question({ min: 6 }), arrivals: arrivals.slice(0, 50) };
    expect(pointsOf(await explored(few)).map(({ role }) => role)).not.toContain('changed');
  });
  test('what if raises a maximum that is too small until the objective is met', async () => {
    const small = { ...question({}), config: pool({ min: 2, max: 4 }) };
    const done = (await explored(small)).at(-1);
    if (done?.kind !== 'done') throw new Error('it has not ended');
    expect(done.recommended?.values?.max).toBeGreaterThan(4);
    expect(done.why).toContain('today’s settings miss 95 % within 30 s');
  });
  test('what if goes by the clock of the history, so that a schedule fires when it did', async () => {
    const schedule = [{ cron: '0 9 * * *', forMinutes: 60, atLeast: 50 }];
    const at = async (hour: number) => {
      const few = { ...question({ schedule }), arrivals: arrivals.slice(0, 500) };
      const beginsAtMs = Date.UTC(2026, 2, 3, hour);
      return pointsOf(await explored({ ...few, beginsAtMs }))[1]?.agentsPaid as number;
    };
    expect(await at(9)).toBeGreaterThan(2 * (await at(15)));
  });
  test.each([
    ['an invalid change', question({ min: 100 }), 'at most max'],
    ['no arrivals', { ...question({}), arrivals: [] }, 'there are no arrivals to run'],
  ])('%s fails with the reason', async (_, whatIf, reason) => {
    expect(await explored(whatIf)).toEqual([
      { kind: 'failed', reason: expect.stringContaining(reason) as string },
    ]);
  });
});

describe('the thread', () => {
  test('the thread gives the same events as the engine', async () => {
    const few = { ...question({ min: 8 }), arrivals: arrivals.slice(0, 200) };
    expect(await inThread(few)).toEqual(await explored(few));
  });
  test('the thread ends with failed when it cannot run', async () => {
    const broken = { ...question({}), arrivals: [null] } as unknown as WhatIf;
    expect((await inThread(broken)).map(({ kind }) => kind)).toEqual(['failed']);
  });
  test('a stopped question ends long before it is done, without another event', async () => {
    const events: WhatIfEvent[] = [];
    const long = Array.from({ length: 300_000 }, (_, index) => ({ atSeconds: index, durationSeconds: 30 }));
    const began = Promise.withResolvers<void>();
    const running = startWhatIf({ ...question({}), arrivals: long }, (event) => {
      events.push(event);
      began.resolve();
    });
    await began.promise;
    await running.stop();
    expect(events.map(({ kind }) => kind)).toEqual(['progress']);
  });
});

describe('what was recorded', () => {
  test('what if pays for the hours after the last task too, in which nobody came', async () => {
    const few = arrivals.filter(({ atSeconds }) => atSeconds < 600);
    const [today] = pointsOf(
      await explored({ ...question({}), arrivals: few, billedAtLeastSeconds: 0, endsAtSeconds: 6 * 3_600 }),
    );
    // Hours of a quiet pool at its minimum.
    expect(today?.agentsPaid).toBeGreaterThanOrEqual(config.min * 0.95);
    expect(today?.agentsPaid).toBeLessThan(config.min * 1.5);
  });

  test('what if runs a change of a pool that may have no agent today', async () => {
    const none = { ...config, min: 0, max: 0 };
    const events = await explored({ ...question({ max: 60 }), config: none });
    expect(events.at(-1)?.kind).toBe('done');
    expect(pointsOf(events)[0]).toMatchObject({ role: 'changed', label: 'max 60' });
  });
});
