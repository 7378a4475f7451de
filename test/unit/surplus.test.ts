// Covers: shared/core/surplus.ts, shared/runtime/act.ts
import { describe, expect, test, vi } from 'vitest';
import { decide } from '../../shared/core/decide.ts';
import type { Agents } from '../../shared/core/observation.ts';
import { INITIAL_STATE } from '../../shared/core/pool/state.ts';
import { summarize } from '../../shared/core/summarize-agents.ts';
import { type Surplus, surplusOf } from '../../shared/core/surplus.ts';
import type { Fleet } from '../../shared/ports/fleet.ts';
import type { PoolStore } from '../../shared/ports/pool-store.ts';
import { act } from '../../shared/runtime/act.ts';
import { inputs, instance, NOW_MS, observation, pool } from './build.ts';

const fleet = { desired: 2, running: 4, pending: 0, revision: 'agents:2' };
const context = { nowMs: NOW_MS, config: pool(), generation: 1, fleet };
const exactly = (count: number) => ({ atLeast: count, atMost: count, bound: count });
const at = (desired: number) => ({
  decision: { kind: 'hold' as const, at: desired, reason: { code: 'Steady' as const, text: '' } },
  desired,
  goal: exactly(desired),
});
const surplus = (changes: Partial<Surplus>): Surplus => ({
  drain: [],
  replace: [],
  retire: [],
  resume: [],
  ...changes,
});
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

describe('consolidation', () => {
  const working = ['a', 'b', 'c', 'd', 'e'];
  const scaleIn = (to: number, victims: readonly string[]) => ({
    decision: { ...at(5).decision, kind: 'scale-in' as const, from: 5, to, victims, givenUp: 0 },
    desired: to,
  });
  const half = { agents: 2, empty: 0 };

  test.each<[string, Partial<Agents>, number, Partial<Surplus> | undefined]>([
    ['drains those at work beyond the goal, in their order', { busy: 5, working }, 3, { retire: ['a', 'b'] }],
    ['drains none while no more are at work than should be', { busy: 5, working }, 5, undefined],
    [
      'counts those that drain already',
      { busy: 3, working: ['c', 'd', 'e'], consolidating: half },
      3,
      undefined,
    ],
    [
      'waits for agents in cooldown, which are about to be idle',
      { busy: 3, cooldown: 2, working },
      3,
      undefined,
    ],
    [
      'waits for agents that start, which are about to be idle',
      { busy: 3, starting: 2, working },
      3,
      undefined,
    ],
    [
      'drains beyond those that are about to be idle',
      { busy: 4, cooldown: 1, working },
      3,
      { retire: ['a'] },
    ],
    [
      'takes as many drains back as are missing, those with the most left to do first',
      { busy: 3, working, consolidating: half, resumable: ['y', 'x'] },
      4,
      { resume: ['y'] },
    ],
    [
      'takes all drains back when more agents should take tasks than there are',
      { busy: 3, working, consolidating: half, resumable: ['y', 'x'] },
      9,
      { resume: ['y', 'x'] },
    ],
  ])('consolidation %s', (_case, agents, goal, expected) => {
    const given = inputs(observation(5, { agents }));
    expect(surplusOf(given, { ...at(5), goal: exactly(goal) })).toEqual(expected && surplus(expected));
  });

  test('consolidation leaves idle agents to the scale-in, and drains others beyond them', () => {
    const given = inputs(observation(5, { agents: { busy: 3, ready: 2, victims: ['i', 'j'], working } }));
    expect(surplusOf(given, { ...scaleIn(3, ['i', 'j']), goal: exactly(3) })).toBeUndefined();
    expect(surplusOf(given, { ...scaleIn(3, ['i', 'j']), goal: exactly(1) })).toEqual(
      surplus({ retire: ['a', 'b'] }),
    );
  });

  test('consolidation waits until agents have the slots by which fewer are enough', () => {
    const given = inputs(observation(5, { agents: { busy: 5, working, changing: 1 } }));
    expect(surplusOf(given, { ...at(5), goal: exactly(2) })).toBeUndefined();
  });

  test.each([
    ['no agent while all slots are used', 0, 5, undefined],
    ['as many agents as others have room for', 8, 5, { retire: ['a', 'b'] }],
    ['agents with all slots used for a bound', 0, 3, { retire: ['a', 'b'] }],
  ])('consolidation drains %s', (_case, free, bound, expected) => {
    const slots = { used: 20 - free, free, unusable: 0, draining: 0 };
    const seen = observation(5, { agents: { busy: 5, working: ['a', 'b', 'c'], slots } });
    const given = inputs(seen, { config: pool({ concurrency: 4 }) });
    const goal = { atLeast: 2, atMost: 2, bound };
    expect(surplusOf(given, { ...at(5), goal })).toEqual(expected && surplus(expected));
  });

  test('a drain is taken back for what policies want to grow to, not for what they would keep', () => {
    const agents = { busy: 3, working, consolidating: { agents: 2, empty: 0 }, resumable: ['x', 'y'] };
    const given = inputs(observation(5, { agents }));
    const goal = (atLeast: number) => ({ ...at(5), goal: { atLeast, atMost: 5, bound: 5 } });
    expect(surplusOf(given, goal(3))).toBeUndefined();
    expect(surplusOf(given, goal(4))).toEqual(surplus({ resume: ['x'] }));
  });

  test('consolidation does not take back the drain of an agent that is scaled in', () => {
    const agents = {
      busy: 3,
      consolidating: { agents: 2, empty: 1 },
      resumable: ['x', 'empty'],
      victims: ['empty'],
    };
    const given = inputs(observation(5, { agents }));
    expect(surplusOf(given, { ...scaleIn(4, ['empty']), goal: exactly(4) })).toEqual(
      surplus({ resume: ['x'] }),
    );
  });

  test('agents with the least left to do drain first, and the one with the most comes back first', () => {
    const at = (id: string, status: 'busy' | 'draining', ...startedAtMs: number[]) =>
      instance({
        id,
        status,
        slots: 4,
        tasks: Object.fromEntries(startedAtMs.map((ms, index) => [`${id}-${index}`, NOW_MS - ms])),
      });
    const agents = [
      at('two', 'busy', 9_000, 8_000),
      at('young', 'busy', 1_000),
      at('old', 'busy', 5_000),
      instance({ id: 'cooling', status: 'cooldown', slots: 4 }),
      at('empty', 'draining'),
      at('drains one', 'draining', 1_000),
      at('drains two', 'draining', 1_000, 2_000),
    ];
    // An agent in cooldown is about to be idle.
    expect(summarize(agents, 0, { ...context, fleet: undefined })).toMatchObject({
      working: ['old', 'young', 'two'],
      resumable: ['drains two', 'drains one', 'empty'],
      consolidating: { agents: 3, empty: 1 },
      // What has ended its tasks already is the first to go.
      victims: ['empty'],
    });
  });

  const spread = { busy: 5, working, slots: { used: 5, free: 15, unusable: 0, draining: 0 } };
  test.each([
    ['a lowered maximum', { config: pool({ min: 0, max: 3, concurrency: 4 }) }, ['a', 'b']],
    ['a pin', { mode: { kind: 'pinned', desired: 2, by: 'ada', atMs: NOW_MS } }, ['a', 'b', 'c']],
    ['a pause', { mode: { kind: 'paused', by: 'ada', atMs: NOW_MS } }, undefined],
  ] as const)('a pool at work on five agents follows %s', (_case, changes, retire) => {
    const queue = { visible: 100, inFlight: 5 };
    const { decision, surplus: decided } = decide(inputs(observation(5, { queue, agents: spread }), changes));
    expect(decision).toMatchObject({ kind: 'hold', at: 5 });
    expect(decided?.retire).toEqual(retire);
  });

  test('a few tasks on each of many agents are gathered on as many as the policies want', () => {
    const config = pool({
      min: 1,
      concurrency: 4,
      policies: ['utilization'],
      utilization: { scaleInBelow: 0.3, scaleOutAbove: 0.8 },
      scaleInStabilizationSeconds: 0,
      scaleInLimit: { agents: 9, percent: 100 },
    });
    const given = inputs(observation(5, { queue: { inFlight: 5 }, agents: spread }), { config });
    // Five tasks on twenty slots: 0.25. Three agents are used to 0.42.
    expect(decide(given).surplus).toEqual(surplus({ retire: ['a', 'b'] }));
  });
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
