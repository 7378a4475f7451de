// Covers: shared/core/surplus.ts, shared/runtime/act.ts
import { describe, expect, test, vi } from 'vitest';
import type { Agents } from '../../shared/core/observation.ts';
import { INITIAL_STATE } from '../../shared/core/pool/state.ts';
import { summarize } from '../../shared/core/summarize-agents.ts';
import { surplusOf } from '../../shared/core/surplus.ts';
import type { Fleet } from '../../shared/ports/fleet.ts';
import type { PoolStore } from '../../shared/ports/pool-store.ts';
import { act } from '../../shared/runtime/act.ts';
import { inputs, instance, NOW_MS, observation } from './build.ts';
import { at, context, fleet, surplus } from './surpluses.ts';

const seen = (agents: Partial<Agents>) => inputs(observation(2, { fleet, agents }));

describe('agents of an old version', () => {
  test("agents of another task definition than the service's count as outdated: ready or working, unless they drain", () => {
    const agents = [
      instance({ id: 'new', revision: 'agents:2' }),
      instance({ id: 'ready' }),
      instance({ id: 'busy', status: 'busy' }),
      instance({ id: 'cooldown', status: 'cooldown' }),
      instance({ id: 'last task', status: 'draining', drainGeneration: 0, tasks: { t: NOW_MS } }),
      instance({ id: 'gone', status: 'draining', drainGeneration: 0 }),
    ];
    expect(summarize(agents, 0, context).outdated).toEqual({
      ready: ['ready'],
      working: ['cooldown', 'busy'],
    });
  });

  test('agents launched before the current deployment count as outdated, even with its task definition', () => {
    const launched = (id: string, launchedAtMs: number) =>
      instance({ id, revision: 'agents:2', launchedAtMs });
    const agents = [launched('before', NOW_MS - 60_001), launched('after', NOW_MS - 60_000)];
    const forced = { ...fleet, deployedAtMs: NOW_MS - 60_000 };
    expect(summarize(agents, 0, { ...context, fleet: forced })).toMatchObject({
      outdated: { ready: ['before'], working: [] },
      victims: ['before', 'after'],
    });
    // A reading of an earlier version doesn't say when the deployment was created.
    expect(summarize(agents, 0, context).outdated.ready).toEqual([]);
  });

  test('outdated agents are unknown while the service cannot be read', () => {
    const old = [instance({ id: 'ready' })];
    expect(summarize(old, 0, { ...context, fleet: undefined }).outdated.ready).toEqual([]);
  });

  const outdated = { ready: ['r1', 'r2'], working: ['w1', 'w2'] };
  test.each([
    ['none while no new one is at work', { ready: 2, outdated }, undefined],
    [
      'as many as are new, ready ones first',
      { ready: 3, busy: 2, outdated },
      { drain: ['r1', 'r2'], replace: ['w1'] },
    ],
    ['none for those that are on their last task', { ready: 1, busy: 1, draining: 2, outdated }, undefined],
    [
      'one for a new one that only lacks protection',
      { busy: 2, unprotected: 1, outdated: { ...outdated, ready: [] } },
      { replace: ['w1'] },
    ],
    [
      'only as many as keep the desired number, although others drain to be scaled in',
      { ready: 2, busy: 1, draining: 1, consolidating: { agents: 1, empty: 0 }, outdated },
      { drain: ['r1', 'r2'] },
    ],
  ] as const)('outdated agents are drained: %s', (_, agents, expected) => {
    expect(surplusOf(seen(agents), at(2))).toEqual(expected && surplus(expected));
  });
});

describe('a surplus agent of the latest version', () => {
  const current = { ready: 2, busy: 1, victims: ['a', 'b'] };

  test.each([
    ['goes when ECS counts it too', { desired: 2, running: 3, pending: 0 }, { drain: ['a'] }],
    [
      'stays when it may be the record of one that has died',
      { desired: 2, running: 2, pending: 0 },
      undefined,
    ],
    [
      'stays when one that drains is the surplus',
      { desired: 2, running: 3, pending: 0, draining: 1 },
      undefined,
    ],
  ])(
    'a surplus agent of the latest version %s',
    (_, {
      draining = 0,
      ...counts
    }: { draining?: number; desired: number; running: number; pending: number }, expected) => {
      const service = { ...counts, revision: 'agents:2' };
      const agents = { ...current, draining };
      expect(surplusOf(inputs(observation(2, { fleet: service, agents })), at(2))).toEqual(
        expected && surplus(expected),
      );
    },
  );
});

test('a surplus is drained, replaced and taken back without a change of the desired count', async () => {
  const transition = vi.fn(async (id: string) => ({
    kind: 'applied' as const,
    instance: instance({ id, status: 'draining', drainGeneration: 7 }),
  }));
  const unprotect = vi.fn(async () => []);
  const setDesiredCount = vi.fn(async () => {});
  const outcome = await act(
    {
      store: { transition, saveState: async () => true } as unknown as PoolStore,
      fleet: { unprotect, setDesiredCount } as unknown as Fleet,
      clock: { now: () => NOW_MS },
    },
    {
      decision: { kind: 'hold', at: 2, reason: { code: 'Steady', text: '' } },
      surplus: { drain: ['old'], replace: ['old at work'], retire: ['spare'], resume: ['back'] },
      memory: INITIAL_STATE,
      state: { ...INITIAL_STATE, desired: 2, generation: 7 },
      lease: { holder: 'test', fence: 1, untilMs: 0 },
      draining: [],
      nowMs: NOW_MS,
    },
  );
  const generation = (drainGeneration: number) => ({ nowMs: NOW_MS, changes: { drainGeneration } });
  expect(transition.mock.calls).toEqual([
    ['old', 'drain', generation(7)],
    // The desired count is never lowered for it.
    ['old at work', 'retire', generation(0)],
    ['spare', 'retire', { nowMs: NOW_MS }],
    ['back', 'resume', { nowMs: NOW_MS, unless: 'drainGeneration' }],
  ]);
  expect(unprotect).toHaveBeenCalledWith(['old']);
  expect(setDesiredCount).not.toHaveBeenCalled();
  expect(outcome).toEqual({ kind: 'nothing-to-do' });
});
