// Covers: shared/core/memory.ts, shared/core/guards/settled.ts, shared/core/observation.ts
import { describe, expect, test } from 'vitest';
import { decide as decideFrom } from '../../shared/core/decide.ts';
import { type Observation, unknown } from '../../shared/core/observation.ts';
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
    ['a record cannot be read', { unreadable: 1 }],
    ['an agent is unresponsive', { unresponsive: 1 }],
  ])('a pool does not shrink on missing data: %s', (_case, missing) => {
    const seen = observation(8, { agents: { ready: 7, victims: ids(7), ...missing } });
    expect(decide(seen, state(), config).decision).toMatchObject({
      kind: 'hold',
      reason: { code: 'DataMissing' },
    });
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

  test('a pool below min grows even on missing data', () => {
    const seen = { ...quiet(1), queue: unknown('throttled') };
    expect(decide(seen, state({ desired: 1 }), config).decision).toMatchObject({ kind: 'scale-out', to: 2 });
  });

  test('a pool that could not be read keeps its desired count', () => {
    const blind = { ...quiet(1), fleet: unknown('throttled') };
    expect(decide(blind, state(), config).decision).toMatchObject({ kind: 'hold', at: undefined });
  });
});

describe('one action at a time', () => {
  test.each([
    ['an agent still starts', { agents: { starting: 1 } }],
    ['an agent still drains', { agents: { draining: 1 } }],
    ['ECS still places a task', { fleet: { pending: 1, running: 7 } }],
    ['ECS still stops a task', { fleet: { running: 9 } }],
  ])(
    'no agent is drained while another change is in progress: %s',
    (_case, { agents, fleet }: { agents?: object; fleet?: object }) => {
      const seen = observation(8, {
        agents: { ready: 7, victims: ids(7), ...agents },
        ...(fleet && { fleet }),
      });
      expect(decide(seen, state(), config).decision).toMatchObject({
        kind: 'hold',
        reason: { code: 'ActionInProgress' },
      });
    },
  );

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
