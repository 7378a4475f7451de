// Covers: shared/core/surplus.ts, shared/core/summarize-agents.ts
import { describe, expect, test } from 'vitest';
import { decide } from '../../shared/core/decide.ts';
import type { Agents } from '../../shared/core/observation.ts';
import { summarize } from '../../shared/core/summarize-agents.ts';
import { type Surplus, surplusOf } from '../../shared/core/surplus.ts';
import { inputs, instance, NOW_MS, observation, pool } from './build.ts';
import { at, context, exactly, surplus } from './surpluses.ts';

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
