// Covers: shared/core/guards/apply.ts, shared/core/guards/budget.ts, shared/core/guards/capacity.ts, shared/core/guards/ceiling.ts, shared/core/guards/guard.ts, shared/core/guards/data-quality.ts, shared/core/guards/rate-limit.ts, shared/core/guards/stabilization.ts
import { describe, expect, test } from 'vitest';
import { decide } from '../../shared/core/decide.ts';
import { decidedCount } from '../../shared/core/decision.ts';
import { spentUntil } from '../../shared/core/guards/budget.ts';
import type { Inputs } from '../../shared/core/inputs.ts';
import { known, type Neighbour, type Observation, unknown } from '../../shared/core/observation.ts';
import type { PoolInput } from '../../shared/core/pool/config.ts';
import { AUTOMATIC, type PoolState } from '../../shared/core/pool/state.ts';
import { ids, inputs, NOW_MS, observation, pool } from './build.ts';

/** Wants an agent for each task, and keeps none. */
const plain = (changes: Partial<PoolInput> = {}) =>
  pool({ min: 0, max: 1_000, policies: ['backlog'], scaleInStabilizationSeconds: 0, ...changes });

const wanting = (desired: number, wanted: number, seen: Partial<Observation> = {}): Observation => {
  const busy = Math.min(desired, wanted);
  return {
    ...observation(desired, {
      queue: { inFlight: busy, visible: wanted - busy },
      agents: { busy, ready: desired - busy, victims: ids(Math.min(50, desired - busy)) },
    }),
    ...seen,
  };
};

const decideAt = (seen: Observation, config = plain(), state: Partial<PoolState> = {}) => {
  const { decision } = decide(inputs(seen, { config, state }));
  return { count: decidedCount(decision), code: decision.reason.code, kind: decision.kind };
};

describe('an operator override', () => {
  const by = 'night shift';
  const paused = { kind: 'paused', by, atMs: NOW_MS } as const;

  test('a paused pool is left unchanged, and its interrupted drain unfinished', () => {
    const drained = observation(5, { agents: { busy: 3, draining: 2, unaccountedDrains: ['a', 'b'] } });
    for (const seen of [wanting(2, 9), wanting(9, 2), drained]) {
      expect(decide(inputs(seen, { mode: paused, config: plain() })).decision).toMatchObject({
        kind: 'hold',
        reason: { code: 'Paused', text: 'paused by night shift' },
      });
    }
  });
  test.each([
    ['grows to', 2, 7, 'scale-out'],
    ['shrinks to', 9, 7, 'scale-in'],
    ['stays at', 7, 7, 'hold'],
  ])('a pin %s the desired count, whatever the policies want', (_case, desired, pin, kind) => {
    const mode = { kind: 'pinned', desired: pin, by, atMs: NOW_MS } as const;
    const state = { recommendations: [{ atMs: NOW_MS - 1_000, desired: 9 }] };
    const { decision } = decide(inputs(wanting(desired, 1), { mode, state, config: plain() }));
    expect(decision).toMatchObject({ kind, reason: { code: 'Pinned', text: 'pinned to 7 by night shift' } });
    expect(decidedCount(decision)).toBe(pin);
  });
});

describe('rate limits', () => {
  const config = plain({
    scaleOutLimit: { agents: 4, percent: 50 },
    scaleInLimit: { agents: 2, percent: 10 },
  });
  test.each([
    ['with few agents the number counts', 2, 50, [], 6],
    ['with many agents the percentage counts', 20, 50, [], 30],
    ['agents added in the same minute count', 8, 50, [{ atMs: NOW_MS - 20_000, by: 6 }], 8],
    ['agents added in an earlier minute do not count', 8, 50, [{ atMs: NOW_MS - 61_000, by: 6 }], 12],
    ['scaling in has its own limit', 40, 0, [], 36],
    ['added agents do not count against scaling in', 10, 0, [{ atMs: NOW_MS - 20_000, by: 6 }], 8],
  ])('a rate limit holds: %s', (_case, desired, wanted, changes, expected) => {
    expect(decideAt(wanting(desired, wanted), config, { changes })).toMatchObject({
      count: expected,
      code: 'RateLimited',
    });
  });
});

describe('an hours budget', () => {
  const day = Math.floor(NOW_MS / 86_400_000);
  const used = (agentHours: number) => ({ spending: { day, agentSeconds: agentHours * 3600, atMs: NOW_MS } });
  const within = (whenReached: NonNullable<PoolInput['budget']>['whenReached']) =>
    plain({ min: 1, budget: { agentHoursPerDay: 24, whenReached } });

  test.each([
    ['not used yet: no effect', 'stop-growing', 23.9, 2, 8, 8],
    ['used: the pool does not grow', 'stop-growing', 24, 2, 8, 2],
    ['used: the pool still shrinks', 'stop-growing', 24, 8, 2, 2],
    ['used: the pool shrinks to min as agents become idle', 'shrink-to-min', 24, 8, 2, 2],
    ['used, with only a warning wanted: the pool grows on', 'warn', 24, 2, 8, 8],
  ] as const)('an hours budget applies: %s', (_case, whenReached, hours, desired, wanted, expected) => {
    expect(decideAt(wanting(desired, wanted), within(whenReached), used(hours)).count).toBe(expected);
  });
  test('agent-seconds add up by running agents and start over with the UTC day', () => {
    const before = { day, agentSeconds: 100, atMs: NOW_MS };
    expect(spentUntil(NOW_MS + 10_000, 3, before)).toMatchObject({ day, agentSeconds: 130 });
    const tomorrow = (day + 1) * 86_400_000;
    expect(spentUntil(tomorrow + 5_000, 3, { ...before, atMs: tomorrow - 5_000 })).toMatchObject({
      day: day + 1,
      agentSeconds: 15,
    });
  });
});

describe('a ceiling over several pools', () => {
  const config = plain({ ceiling: { name: 'gpu', max: 20, priority: 1 } });
  const beside = (...neighbours: readonly Partial<Neighbour>[]): Partial<Observation> => ({
    neighbours: known(
      neighbours.map((each) => ({
        pool: 'other',
        priority: 1,
        desired: 0,
        wanted: 0,
        limits: [],
        ...each,
      })),
      NOW_MS,
    ),
  });
  test.each([
    ['no other pools: up to the ceiling', beside(), 5, 50, 20],
    ['only what the other pools do not have', beside({ desired: 12 }), 5, 50, 8],
    ['what pools of the same priority want does not count', beside({ desired: 5, wanted: 15 }), 5, 50, 15],
    [
      'what a more important pool wants comes first',
      beside({ priority: 2, desired: 5, wanted: 12 }),
      5,
      50,
      8,
    ],
    [
      'a less important pool gives agents up as they become idle',
      beside({ priority: 2, desired: 8, wanted: 15 }),
      12,
      8,
      8,
    ],
    [
      'room that a more important pool does not claim may be taken',
      beside({ priority: 2, desired: 10, wanted: 10 }),
      5,
      50,
      10,
    ],
    ['unknown counts of the other pools: no growth', { neighbours: unknown('throttled') }, 5, 50, 5],
  ])('a ceiling applies: %s', (_case, seen, desired, wanted, expected) => {
    expect(decideAt(wanting(desired, wanted, seen), config).count).toBe(expected);
  });
});

describe('capacity that ECS does not place', () => {
  const missing = (running: number) =>
    wanting(4, 20, { fleet: known({ desired: 10, running, pending: 6, revision: 'a:1' }, NOW_MS) });
  const asked = { desired: 10, changes: [{ atMs: NOW_MS - 200_000, by: 6 }] };

  test('a pool asks for no more agents while ECS has not placed the last ones for minutes', () => {
    const state = { ...asked, overdue: { sinceMs: NOW_MS - 181_000, count: 6 } };
    expect(decideAt(missing(4), plain(), state)).toEqual({
      kind: 'hold',
      count: 10,
      code: 'CapacityNotPlaced',
    });
  });
  test('one agent that is always being replaced does not stop a large fleet from growing', () => {
    const state = { desired: 1_000, overdue: { sinceMs: 0, count: 1 } };
    const fleet = known({ desired: 1_000, running: 999, pending: 1, revision: 'a:1' }, NOW_MS);
    expect(decideAt(wanting(1_000, 1_500, { fleet }), plain({ max: 5_000 }), state)).toMatchObject({
      count: 1_500,
    });
  });
  test('a slow start does not stop a pool from growing', () => {
    const state = { desired: 10, changes: [{ atMs: NOW_MS - 60_000, by: 6 }] };
    expect(decideAt(missing(4), plain(), state)).toMatchObject({ kind: 'scale-out', count: 20 });
  });
  test('a pool grows again once ECS has placed its agents', () => {
    const state = { ...asked, overdue: { sinceMs: NOW_MS - 600_000, count: 6 } };
    expect(decideAt(missing(10), plain(), state)).toMatchObject({ kind: 'scale-out', count: 20 });
  });
});

describe('zero agents', () => {
  test.each([
    [0, 1, 'ConfirmingEmpty'],
    [1, 1, 'ConfirmingEmpty'],
    [2, 0, 'PolicyWants'],
  ])('after %i empty ticks before this one a pool goes to %i agents', (emptyTicks, expected, code) => {
    expect(decideAt(wanting(2, 0), plain(), { emptyTicks })).toMatchObject({ count: expected, code });
  });
  test('the first task brings the first agent back, by every policy that reads the queue', () => {
    const runnable = observation(0, { queue: { visible: 1 } });
    expect(decideAt(runnable)).toMatchObject({ count: 1 });
    expect(decideAt(runnable, plain({ policies: ['predictive'] }))).toMatchObject({ count: 1 });
  });
});

describe('what a pool claims under a ceiling', () => {
  const claim = (changes: Partial<PoolInput>, mode: Inputs['mode'] = AUTOMATIC) => {
    const config = plain({ ...changes, ceiling: { name: 'gpu', max: 5 } });
    return decide(inputs(wanting(5, 50), { config, mode })).memory.wanted;
  };
  test.each([
    ['what it would take if the ceiling were the only limit', {}, 50],
    ['no more than its own maximum', { max: 10 }, 10],
    ['nothing beyond its rate limit', { scaleOutLimit: { agents: 2, percent: 0 } }, 7],
  ])('a pool claims %s', (_case, changes, expected) => {
    expect(claim(changes)).toBe(expected);
  });
  test('a paused pool claims what it has', () => {
    expect(claim({}, { kind: 'paused', by: 'x', atMs: NOW_MS })).toBe(5);
  });
});

describe('bounds in every state of the fleet', () => {
  const states: readonly [string, Partial<Observation>][] = [
    [
      'some agents start',
      { fleet: known({ desired: 20, running: 12, pending: 8, revision: 'a:1' }, NOW_MS) },
    ],
    ['the queue cannot be read', { queue: unknown('x') }],
    ['the service cannot be read', { fleet: unknown('x') }],
  ];
  const idleFleet = (seen: Partial<Observation>) => ({ ...wanting(20, 0), ...seen });
  const state = { desired: 20, recommendations: [{ atMs: NOW_MS - 1_000, desired: 20 }] };

  test.each(states)('a lowered maximum is obeyed while %s', (_case, seen) => {
    expect(decideAt(idleFleet(seen), plain({ max: 4 }), state).count).toBeLessThanOrEqual(4);
  });
  test.each(states)('a used-up budget is obeyed while %s', (_case, seen) => {
    const budget = { agentHoursPerDay: 1, whenReached: 'shrink-to-min' as const };
    const spending = { day: Math.floor(NOW_MS / 86_400_000), agentSeconds: 3_600, atMs: NOW_MS };
    const { count, code } = decideAt(idleFleet(seen), plain({ budget }), { ...state, spending });
    // What blocks shrinking doesn't bind, so it isn't the reason on record.
    expect({ count, code }).toEqual({ count: 0, code: 'BudgetReached' });
  });
  test.each(states)('a pin is obeyed while %s', (_case, seen) => {
    const mode = { kind: 'pinned', desired: 3, by: 'x', atMs: NOW_MS } as const;
    const { decision } = decide(inputs(idleFleet(seen), { mode, state, config: plain() }));
    expect(decidedCount(decision)).toBe(3);
  });
  test('a minimum is obeyed while ECS places nothing', () => {
    const overdue = { sinceMs: NOW_MS - 600_000, count: 5 };
    expect(decideAt(wanting(5, 0), plain({ min: 8 }), { desired: 5, overdue }).count).toBe(8);
  });
  test('the count stays at what works while more agents are there than desired', () => {
    const seen = observation(2, { agents: { ready: 1, busy: 2, victims: ['idle'], working: ids(2) } });
    const mode = { kind: 'pinned', desired: 1, by: 'x', atMs: NOW_MS } as const;
    const { decision } = decide(inputs(seen, { mode, state: { ...state, desired: 2 }, config: plain() }));
    expect(decision).toMatchObject({ kind: 'hold', at: 2, reason: { code: 'NoIdleAgent' } });
  });
  test('working agents beyond a maximum take no further task', () => {
    const seen = observation(20, {
      queue: { visible: 500, inFlight: 20 },
      agents: { busy: 20, working: ids(20) },
    });
    const { decision, surplus } = decide(inputs(seen, { config: plain({ max: 4 }), state }));
    expect(decision).toMatchObject({ kind: 'hold', reason: { code: 'NoIdleAgent' } });
    expect(surplus?.retire).toHaveLength(16);
  });
});
