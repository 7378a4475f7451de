// Covers: shared/core/decision.ts
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decide } from '../../shared/core/decide.ts';
import { decidedCount } from '../../shared/core/decision.ts';
import { type DecisionRecord, replay } from '../../shared/core/decision-record.ts';
import { forecast } from '../../shared/core/forecast/forecaster.ts';
import type { ForecastState } from '../../shared/core/forecast/signals.ts';
import type { Inputs } from '../../shared/core/inputs.ts';
import { known, type Observation, type Reading, unknown } from '../../shared/core/observation.ts';
import { POLICY_NAMES, type PoolConfig, parsePools } from '../../shared/core/pool/config.ts';
import type { Mode, PoolState } from '../../shared/core/pool/state.ts';
import { cases } from '../cases.ts';
import { ids, NOW_MS } from '../unit/build.ts';

const count = fc.nat({ max: 60 });
const seconds = fc.double({ min: 0, max: 1000, noNaN: true });

const configs: fc.Arbitrary<PoolConfig> = fc
  .record({
    bounds: fc.tuple(fc.nat({ max: 40 }), fc.nat({ max: 40 })),
    policies: fc.subarray([...POLICY_NAMES], { minLength: 1 }),
    scaleInStabilizationSeconds: fc.oneof(fc.constant('auto' as const), fc.nat({ max: 600 })),
    warmFloor: fc.nat({ max: 5 }),
    scaleOutLimit: fc.record({ agents: fc.integer({ min: 1, max: 60 }), percent: fc.nat({ max: 200 }) }),
    scaleInLimit: fc.record({ agents: fc.integer({ min: 1, max: 60 }), percent: fc.nat({ max: 100 }) }),
  })
  .map(({ bounds, ...rest }) => {
    const [pool] = parsePools([
      { name: 'test', handler: './x.ts', min: Math.min(...bounds), max: Math.max(...bounds), ...rest },
    ]);
    return pool as PoolConfig;
  });

/** Seldom unknown, sometimes stale. */
const reading = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<Reading<T>> =>
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.tuple(value, fc.nat({ max: 11_000 })).map(([seen, ageMs]) => known(seen, NOW_MS - ageMs)),
    },
    { weight: 1, arbitrary: fc.constant(unknown('not read')) },
  );

const agents = fc
  .record({
    starting: count,
    ready: count,
    busy: count,
    cooldown: count,
    draining: fc.nat({ max: 3 }),
    unresponsive: fc.nat({ max: 1 }),
    unreadable: fc.nat({ max: 1 }),
    idleSeconds: seconds,
    unaccounted: fc.boolean(),
    oldReady: fc.nat({ max: 60 }),
    oldWorking: fc.nat({ max: 60 }),
    retiring: fc.nat({ max: 2 }),
    unprotected: fc.nat({ max: 3 }),
    minutes: fc.constant([]),
    activity: fc.record({ completed: count, durationSeconds: seconds, startupSeconds: seconds }),
  })
  .map(({ unaccounted, oldReady, oldWorking, retiring, ...seen }) => ({
    ...seen,
    victims: ids(seen.ready),
    outdated: {
      ready: ids(Math.min(oldReady, seen.ready, 50)),
      working: ids(Math.min(oldWorking, seen.busy, 50)),
      retiring: Math.min(retiring, seen.cooldown),
    },
    unprotected: Math.min(seen.unprotected, seen.starting),
    unaccountedDrains: unaccounted ? ids(seen.draining).map((id) => `draining-${id}`) : [],
  }));

const observations: fc.Arbitrary<Observation> = fc.record({
  pool: fc.constant('test'),
  atMs: fc.constant(NOW_MS),
  queue: reading(fc.record({ visible: count, inFlight: count, delayed: count })),
  fleet: reading(
    fc.record({ desired: count, running: count, pending: fc.nat({ max: 2 }), revision: fc.constant('a:1') }),
  ),
  agents: reading(agents),
  season: reading(fc.record({ day: seconds }, { requiredKeys: [] })),
  neighbours: reading(fc.constant([])),
});

/** A forecaster that has seen a few samples, one tick apart, the last of them a tick ago. */
const forecasters: fc.Arbitrary<ForecastState | undefined> = fc
  .tuple(configs, fc.array(observations, { maxLength: 12 }))
  .map(([config, seen]) =>
    seen.reduce<ForecastState | undefined>((state, observation, index) => {
      const atMs = NOW_MS - (seen.length - index) * 15_000;
      return forecast({ ...observation, atMs }, state, config).next;
    }, undefined),
  );

const states: fc.Arbitrary<PoolState> = fc
  .record({
    desired: fc.option(count, { nil: undefined }),
    generation: count,
    changedAtMs: fc.nat({ max: 200_000 }).map((ago) => NOW_MS - ago),
    emptyTicks: fc.nat({ max: 5 }),
    changes: fc.array(
      fc.record({
        atMs: fc.nat({ max: 300_000 }).map((ago) => NOW_MS - ago),
        by: fc.integer({ min: -9, max: 9 }),
      }),
      { maxLength: 5 },
    ),
    recommendations: fc.array(
      fc.record({ atMs: fc.nat({ max: 600_000 }).map((ago) => NOW_MS - ago), desired: count }),
      { maxLength: 5 },
    ),
    forecaster: forecasters,
  })
  .map(({ desired, forecaster, ...state }) => ({
    ...state,
    ...(desired !== undefined && { desired }),
    ...(forecaster && { forecast: forecaster }),
  }));

const controls: fc.Arbitrary<Mode> = fc.oneof(
  { weight: 8, arbitrary: fc.constant({ kind: 'automatic' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'paused' as const, by: 'night shift', atMs: NOW_MS }) },
  {
    weight: 1,
    arbitrary: count.map((desired) => ({
      kind: 'pinned' as const,
      desired,
      by: 'night shift',
      atMs: NOW_MS,
    })),
  },
);

const inputs: fc.Arbitrary<Inputs> = fc.record({
  observation: observations,
  state: states,
  mode: controls,
  config: configs,
});

const isBlind = ({ queue, fleet, agents: seen }: Observation) =>
  [queue, fleet, seen].some((part) => part.kind === 'unknown' || NOW_MS - part.atMs > 10_000) ||
  (seen.kind === 'known' && seen.value.unresponsive + seen.value.unreadable > 0);

test('a change of the desired count ends within bounds, or as close as ready agents allow', () => {
  fc.assert(
    fc.property(inputs, (given) => {
      const { config } = given;
      const { decision } = decide(given);
      if (decision.kind === 'scale-out') expect(decision.to).toBeLessThanOrEqual(config.max);
      if (decision.kind === 'scale-in')
        expect(decision.to).toBeGreaterThanOrEqual(Math.min(config.min, decision.from));
    }),
    { numRuns: cases(2_000) },
  );
});

test('a pool within bounds stays within bounds', () => {
  fc.assert(
    fc.property(inputs, fc.nat(), (given, place) => {
      const { config, state } = given;
      const inside = config.min + (place % (config.max - config.min + 1));
      const { decision } = decide({ ...given, state: { ...state, desired: inside, changedAtMs: NOW_MS } });
      expect(decidedCount(decision)).toBeGreaterThanOrEqual(config.min);
      expect(decidedCount(decision)).toBeLessThanOrEqual(config.max);
    }),
    { numRuns: cases(2_000) },
  );
});

test('while the forecast is the same, more backlog never means fewer agents', () => {
  fc.assert(
    fc.property(inputs, count, (given, more) => {
      const { queue: seen } = given.observation;
      fc.pre(seen.kind === 'known');
      const { forecast: _, ...state } = given.state;
      const decisionAt = (visible: number) =>
        decide({
          ...given,
          state,
          observation: { ...given.observation, queue: known({ ...seen.value, visible }, seen.atMs) },
        }).decision;
      const before = decisionAt(seen.value.visible);
      const after = decisionAt(seen.value.visible + more);
      if (before.kind === 'repair' || after.kind === 'repair') return;
      const count = decidedCount(before);
      if (count === undefined) expect(decidedCount(after)).toBeUndefined();
      else expect(decidedCount(after)).toBeGreaterThanOrEqual(count);
    }),
    { numRuns: cases(2_000) },
  );
});

test('a scale-in drains exactly as many agents as it lowers the count by, all ready or draining already', () => {
  fc.assert(
    fc.property(inputs, (given) => {
      const seen = given.observation;
      const { decision } = decide(given);
      if (decision.kind !== 'scale-in' || seen.agents.kind !== 'known') return;
      const { victims, unaccountedDrains } = seen.agents.value;
      expect([...victims, ...unaccountedDrains]).toEqual(expect.arrayContaining([...decision.victims]));
      if (decision.reason.code !== 'DrainUnfinished')
        expect(decision.victims).toHaveLength(decision.from - decision.to);
    }),
    { numRuns: cases(2_000) },
  );
});

test('no agent is chosen for scale-in on missing data', () => {
  fc.assert(
    fc.property(inputs, observations.filter(isBlind), (given, observation) => {
      const { decision } = decide({ ...given, observation });
      // Agents that drain already were chosen on complete data, before the action was interrupted.
      if (decision.kind === 'scale-in') expect(decision.reason.code).toBe('DrainUnfinished');
    }),
    { numRuns: cases(2_000) },
  );
});

test('a paused pool is never changed', () => {
  fc.assert(
    fc.property(inputs, (given) => {
      const mode = { kind: 'paused', by: 'night shift', atMs: NOW_MS } as const;
      const { decision, surplus } = decide({ ...given, mode });
      expect(decision.kind).toBe('hold');
      expect(surplus).toBeUndefined();
    }),
  );
});

test('the desired count never changes by more in a minute than the limits allow', () => {
  fc.assert(
    fc.property(inputs, (given) => {
      const { config, state } = given;
      fc.pre(given.mode.kind === 'automatic' && state.changes.length === 0);
      const { decision } = decide(given);
      if (
        decision.kind === 'hold' ||
        decision.kind === 'repair' ||
        decision.reason.code === 'DrainUnfinished'
      )
        return;
      const { agents, percent } = decision.kind === 'scale-out' ? config.scaleOutLimit : config.scaleInLimit;
      const allowed = Math.max(agents, Math.floor((percent / 100) * decision.from));
      // Below min a pool comes back at once.
      const least =
        decision.kind === 'scale-out'
          ? Math.max(0, config.min - decision.from)
          : Math.max(0, decision.from - config.max);
      expect(Math.abs(decision.to - decision.from)).toBeLessThanOrEqual(Math.max(allowed, least));
    }),
    { numRuns: cases(2_000) },
  );
});

test('with too many agents the desired number stays at work, and only outdated ones are retired', () => {
  fc.assert(
    fc.property(inputs, (given) => {
      const { decision, surplus } = decide(given);
      const { agents } = given.observation;
      if (surplus === undefined || agents.kind === 'unknown') return;
      const { ready, cooldown, busy, outdated, unprotected } = agents.value;
      const gone = surplus.drain.length + surplus.retire.length + outdated.retiring;
      expect(ready + cooldown + busy + unprotected - gone).toBeGreaterThanOrEqual(
        decidedCount(decision) ?? 0,
      );
      const candidates = [...outdated.ready, ...agents.value.victims];
      expect(candidates).toEqual(expect.arrayContaining([...surplus.drain]));
      expect(outdated.working).toEqual(expect.arrayContaining([...surplus.retire]));
      expect(decision.kind).not.toBe('scale-in');
    }),
    { numRuns: cases(2_000) },
  );
});

test('a decision record, stored and read back, replays to the same decision', () => {
  fc.assert(
    fc.property(inputs, (given) => {
      const { memory: _, ...decided } = decide(given);
      const stored = JSON.stringify({ ...given, ...decided, outcome: { kind: 'nothing-to-do' } });
      const { outcome, observation, state, mode, config, ...recorded } = JSON.parse(stored) as DecisionRecord;
      const { memory, ...again } = replay({ observation, state, mode, config });
      expect(again).toEqual(recorded);
    }),
    { numRuns: cases(1_000) },
  );
});
