// Covers: shared/core/memory.ts, shared/core/guards/possible.ts, shared/core/observation.ts
import { describe, expect, test } from 'vitest';
import { decide as decideFrom } from '../../shared/core/decide.ts';
import { decidedCount } from '../../shared/core/decision.ts';
import { known, type Observation, unknown } from '../../shared/core/observation.ts';
import type { PoolState } from '../../shared/core/pool/state.ts';
import { ids, inputs, NOW_MS, observation, pool } from './build.ts';

const decide = (seen: Observation, state: Partial<PoolState>, config = pool()) =>
  decideFrom(inputs(seen, { state, config }));
const state = (changes: Partial<PoolState> = {}) => changes;
const quiet = (count: number) => observation(count, { agents: { ready: count, victims: ids(count) } });
const config = pool({
  min: 2,
  max: 10,
  scaleInStabilizationSeconds: 60,
  policies: ['utilization', 'backlog'],
});

describe('bounds', () => {
  test('a pool below min grows, whatever the policies want', () => {
    expect(decide(quiet(1), state(), config).decision).toMatchObject({ kind: 'scale-out', from: 1, to: 2 });
  });

  test('a burst grows the pool to max and no further', () => {
    const burst = observation(2, { queue: { visible: 500, inFlight: 2 }, agents: { busy: 2 } });
    const { decision, guards } = decide(burst, state(), config);
    expect(decision).toMatchObject({ kind: 'scale-out', from: 2, to: 10, reason: { code: 'AboveMax' } });
    expect(guards).toMatchObject([{ from: 502, to: 10 }]);
  });

  test('a lowered max shrinks the pool by draining ready agents', () => {
    const full = observation(12, {
      queue: { inFlight: 11 },
      agents: { busy: 11, ready: 1, victims: ['idle'] },
    });
    expect(decide(full, state(), config).decision).toMatchObject({
      kind: 'scale-in',
      to: 11,
      victims: ['idle'],
    });
  });
});

describe('stabilization', () => {
  test('a pool shrinks only to the largest count wanted within the stabilization window', () => {
    const recommendations = [
      { atMs: NOW_MS - 61_000, desired: 9 },
      { atMs: NOW_MS - 59_000, desired: 6 },
    ];
    const { decision } = decide(quiet(8), state({ recommendations }), config);
    expect(decision).toMatchObject({ kind: 'scale-in', from: 8, to: 6, victims: ['agent-0', 'agent-1'] });
  });

  test('stabilization keeps only counts that no later, larger count makes irrelevant', () => {
    const recommendations = [
      { atMs: NOW_MS - 50_000, desired: 9 },
      { atMs: NOW_MS - 40_000, desired: 1 },
    ];
    const seen = observation(9, { queue: { inFlight: 4 }, agents: { busy: 4, ready: 5, victims: ids(5) } });
    const remembered = decide(seen, state({ recommendations }), config).memory.recommendations;
    expect(remembered.map(({ desired }) => desired)).toEqual([9]);
  });
});

describe('missing data', () => {
  test.each([
    ['the queue', { queue: unknown('throttled') }],
    ['the service', { fleet: unknown('throttled') }],
    ['the agents', { agents: unknown('throttled') }],
  ])('a pool does not shrink when %s cannot be read', (_case, missing) => {
    const { decision } = decide({ ...quiet(8), ...missing }, state({ desired: 8 }), config);
    expect(decision).toMatchObject({ kind: 'hold', at: 8, reason: { code: 'DataMissing' } });
  });

  test.each([
    ['an agent whose record cannot be read', { unreadable: 1 }],
    ['an unresponsive agent', { unresponsive: 1 }],
  ])('%s may be working: it is kept, and the others shrink', (_case, missing) => {
    const seen = observation(8, { agents: { ready: 7, victims: ids(7), ...missing } });
    const { decision } = decide(seen, state(), { ...config, min: 0 });
    expect(decision).toMatchObject({ kind: 'scale-in', to: 1, victims: { length: 7 }, givenUp: 0 });
  });

  test('a pool does not shrink on stale data', () => {
    const seen = quiet(8);
    const old = { ...seen, atMs: seen.atMs + 10_001 };
    expect(decide({ ...seen, atMs: seen.atMs + 10_000 }, state(), config).decision.kind).toBe('scale-in');
    expect(decide(old, state(), config).decision).toMatchObject({
      kind: 'hold',
      reason: { code: 'DataMissing' },
    });
  });

  const scheduled = pool({
    min: 0,
    max: 10,
    policies: ['predictive', 'schedule'],
    schedule: [{ cron: '* * * * *', forMinutes: 10, atLeast: 6 }],
  });
  const nothing = { queue: unknown('x'), fleet: unknown('x'), agents: unknown('x') };
  const backlog = observation(2, { queue: { visible: 8, inFlight: 2 }, agents: { busy: 2 } });
  test.each([
    ['min, without any reading', { ...quiet(1), ...nothing }, config, 1, 2],
    ['a scheduled floor, without any reading', { ...quiet(1), ...nothing }, scheduled, 1, 6],
    ['a known backlog, without the service', { ...backlog, fleet: unknown('x') }, pool(), 2, 5],
    ['a known backlog, without the agents', { ...backlog, agents: unknown('x') }, pool(), 2, 5],
    ['a warm floor, without the queue', { ...backlog, queue: unknown('x') }, pool({ warmFloor: 3 }), 2, 5],
  ])('what does not depend on missing data is decided: %s', (_case, seen, given, desired, atLeast) => {
    const { decision } = decide(seen, state({ desired }), given);
    expect(decision.kind).toBe('scale-out');
    expect(decidedCount(decision)).toBeGreaterThanOrEqual(atLeast);
  });

  test('while the service cannot be read, agents that were requested still count as starting', () => {
    const seen = { ...backlog, fleet: unknown('x') };
    const changes = [{ atMs: NOW_MS - 15_000, by: 8 }];
    expect(decide(seen, state({ desired: 10, changes }), pool({ max: 100 })).decision.kind).toBe('hold');
  });

  test('a pool that could not be read keeps its desired count', () => {
    const blind = { ...quiet(1), fleet: unknown('throttled') };
    expect(decide(blind, state(), config).decision).toMatchObject({ kind: 'hold', at: undefined });
  });
});

describe('agents that start or stop', () => {
  test.each([
    ['one of them starts again and again', { agents: { starting: 1 }, fleet: { running: 7, pending: 1 } }, 1],
    ['ECS has never placed one of them', { agents: { starting: 1 }, fleet: { running: 7 } }, 1],
    ['one of them drains and does not end', { agents: { draining: 1 } }, 1],
    ['ECS still stops one', { agents: {}, fleet: { running: 9 } }, 1],
  ])(
    'one agent holds up only itself, and a pool shrinks while %s',
    (_case, { agents, fleet }: { agents: object; fleet?: object }, givenUp) => {
      const seen = observation(8, {
        agents: { ready: 7, victims: ids(7), ...agents },
        ...(fleet && { fleet }),
      });
      const { decision } = decide(seen, state({ desired: 8 }), config);
      expect(decision).toMatchObject({ kind: 'scale-in', to: 2, victims: { length: 5 }, givenUp });
    },
  );

  test('agents that were never placed are given up before any is drained', () => {
    const seen = observation(50, {
      agents: { ready: 40, starting: 10, victims: ids(40) },
      fleet: { running: 40 },
    });
    const wanting = (visible: number) => ({
      ...seen,
      queue: known({ visible, inFlight: 0, delayed: 0 }, NOW_MS),
    });
    const plain = pool({ min: 0, max: 100, policies: ['backlog'], scaleInStabilizationSeconds: 0 });
    expect(decide(wanting(45), state({ desired: 50 }), plain).decision).toMatchObject({
      kind: 'scale-in',
      to: 45,
      victims: [],
      givenUp: 5,
    });
    expect(decide(wanting(30), state({ desired: 50 }), plain).decision).toMatchObject({
      to: 30,
      victims: { length: 10 },
      givenUp: 10,
    });
  });

  test('agents requested lately are expected, not given up', () => {
    const seen = observation(8, { agents: { ready: 4, starting: 4, victims: ids(4) } });
    const changes = [{ atMs: NOW_MS - 15_000, by: 4 }];
    expect(decide(seen, state({ changes }), config).decision).toMatchObject({ to: 4, givenUp: 0 });
  });

  test('a pool grows while another change is in progress', () => {
    const seen = observation(4, { queue: { visible: 3, inFlight: 3 }, agents: { busy: 3, starting: 1 } });
    expect(decide(seen, state(), config).decision).toMatchObject({ kind: 'scale-out', from: 4, to: 6 });
  });

  test('an interrupted scale-in is finished before anything else', () => {
    const seen = observation(5, {
      queue: { visible: 50 },
      agents: { busy: 3, draining: 2, unaccountedDrains: ['a', 'b'] },
    });
    expect(decide(seen, state({ desired: 5 }), config).decision).toMatchObject({
      kind: 'scale-in',
      from: 5,
      to: 3,
      victims: ['a', 'b'],
      reason: { code: 'DrainUnfinished' },
    });
  });
});

describe('busy agents', () => {
  test('busy agents are never drained: a pool without ready ones keeps its count', () => {
    const seen = observation(8, { agents: { busy: 1, cooldown: 7 } });
    expect(decide(seen, state(), config).decision).toMatchObject({
      kind: 'hold',
      reason: { code: 'NoIdleAgent' },
    });
  });
});

describe('the desired count in ECS', () => {
  const inForce = state({ desired: 6, generation: 4, changedAtMs: NOW_MS - 120_000 });
  const busy = (theirs: number, draining = 0) =>
    observation(6, {
      queue: { inFlight: 3 },
      fleet: { desired: theirs },
      agents: { busy: 3, ready: 3, draining },
    });

  test('a desired count that is lower in ECS than decided is written again', () => {
    expect(decide(busy(4), inForce, config).decision).toMatchObject({ kind: 'repair', from: 4, to: 6 });
  });
  test('a desired count that is higher in ECS while agents drain for it is written again', () => {
    expect(decide(busy(8, 2), inForce, config).decision).toMatchObject({ kind: 'repair', from: 8, to: 6 });
  });
  test('a desired count that an operator raised in ECS is adopted', () => {
    expect(decide(busy(8), inForce, config).decision).toMatchObject({ kind: 'hold', at: 8 });
  });
  test('a desired count that is higher just after a change is not adopted', () => {
    const recent = { ...inForce, changedAtMs: NOW_MS - 1_000 };
    expect(decide(busy(8), recent, config).decision).toMatchObject({ kind: 'repair', to: 6 });
  });
});

test('a decision names the policy that wanted it and why', () => {
  const seen = observation(2, { queue: { visible: 4, inFlight: 2 }, agents: { busy: 2 } });
  const { decision, proposals } = decide(seen, state(), config);
  expect(proposals.map(({ policy }) => policy)).toEqual(['utilization', 'backlog']);
  expect(decision.reason.text).toContain('backlog: 4 visible and 2 in flight');
});
