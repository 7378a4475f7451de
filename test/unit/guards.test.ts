// Covers: shared/core/blocked.ts, shared/core/guards/capacity.ts, shared/core/guards/guard.ts, shared/core/guards/data-quality.ts, shared/core/guards/limits.ts, shared/core/guards/stabilization.ts, shared/core/guards/step.ts
import { describe, expect, test } from 'vitest';
import { decide } from '../../shared/core/decide.ts';
import { decidedCount } from '../../shared/core/decision.ts';
import { spentUntil } from '../../shared/core/guards/limits.ts';
import { known, type Neighbour, type Observation, unknown } from '../../shared/core/observation.ts';
import type { PoolInput } from '../../shared/core/pool/config.ts';
import type { PoolState } from '../../shared/core/pool/state.ts';
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
    plain({ min: 1, budget: { agentHoursPerDay: 10, whenReached } });

  test.each([
    ['not used yet: no effect', 'stop-growing', 9.9, 2, 8, 8],
    ['used: the pool does not grow', 'stop-growing', 10, 2, 8, 2],
    ['used: the pool still shrinks', 'stop-growing', 10, 8, 2, 2],
    ['used: the pool shrinks to min as agents become idle', 'shrink-to-min', 10, 8, 2, 2],
    ['used, with only a warning wanted: the pool grows on', 'warn', 10, 2, 8, 8],
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
      neighbours.map((each) => ({ pool: 'other', priority: 1, desired: 0, wanted: 0, ...each })),
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

describe('a backlog that is blocked behind its own conversations', () => {
  const idleBeside = (visible: number, idleSeconds: number) =>
    observation(3, {
      queue: { visible, inFlight: 2 },
      agents: { busy: 2, ready: 1, idleSeconds, victims: ['c'] },
    });
  const config = plain({ policies: ['predictive', 'backlog'], min: 3 });

  test('a blocked backlog is recognized by an idle agent beside it, and asks for no agent', () => {
    const decided = decide(inputs(idleBeside(40, 30), { config }));
    expect(decidedCount(decided.decision)).toBe(3);
    expect(decided.memory.blocked).toEqual({ atMs: NOW_MS, count: 40 });
  });
  test('a blocked backlog is remembered while no agent is idle, so that the pool does not flap', () => {
    const busy = observation(3, { queue: { visible: 40, inFlight: 3 }, agents: { busy: 3 } });
    const state = { blocked: { atMs: NOW_MS - 60_000, count: 38 } };
    // Only the two that came since count.
    expect(decideAt(busy, config, state).count).toBe(5);
  });
  test('a blocked backlog is forgotten after some time, since other conversations may have come', () => {
    const busy = observation(3, { queue: { visible: 40, inFlight: 3 }, agents: { busy: 3 } });
    const state = { blocked: { atMs: NOW_MS - 601_000, count: 38 } };
    expect(decideAt(busy, config, state).count).toBe(43);
  });
  test('an agent that has just become idle does not show a blocked backlog', () => {
    expect(decideAt(idleBeside(40, 1), config).count).toBe(42);
  });
  test('an unordered pool has no blocked backlog', () => {
    expect(decideAt(idleBeside(40, 30), plain({ policies: ['backlog'], ordering: 'none' })).count).toBe(42);
  });
});
