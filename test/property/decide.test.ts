import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type PoolConfig, parsePools } from '../../shared/pool/config.ts';
import type { PoolState } from '../../shared/pool/state.ts';
import { decide } from '../../shared/scaling/decide.ts';
import { decidedCount } from '../../shared/scaling/decision.ts';
import { known, type Observation, type Reading, unknown } from '../../shared/scaling/observation.ts';
import { POLICY_NAMES } from '../../shared/scaling/policies/names.ts';
import { type DecisionRecord, replay } from '../../shared/scaling/record.ts';
import { ids, NOW_MS } from '../unit/build.ts';

const count = fc.nat({ max: 60 });
const seconds = fc.double({ min: 0, max: 1000, noNaN: true });

const configs: fc.Arbitrary<PoolConfig> = fc
  .record({
    bounds: fc.tuple(fc.nat({ max: 40 }), fc.nat({ max: 40 })),
    policies: fc.subarray([...POLICY_NAMES], { minLength: 1 }),
    scaleInStabilizationSeconds: fc.nat({ max: 600 }),
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
    silent: fc.nat({ max: 1 }),
    unreadable: fc.nat({ max: 1 }),
    idleSeconds: seconds,
    unaccounted: fc.boolean(),
    activity: fc.record({ completed: count, workSeconds: seconds, startupSeconds: seconds }),
  })
  .map(({ unaccounted, ...seen }) => ({
    ...seen,
    victims: ids(seen.ready),
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
});

const states: fc.Arbitrary<PoolState> = fc
  .record({
    desired: fc.option(count, { nil: undefined }),
    generation: count,
    changedAtMs: fc.nat({ max: 200_000 }).map((ago) => NOW_MS - ago),
    recommendations: fc.array(
      fc.record({ atMs: fc.nat({ max: 600_000 }).map((ago) => NOW_MS - ago), desired: count }),
      { maxLength: 5 },
    ),
  })
  .map(({ desired, ...state }) => ({ ...state, ...(desired !== undefined && { desired }) }));

const isBlind = ({ queue, fleet, agents: seen }: Observation) =>
  [queue, fleet, seen].some((part) => part.kind === 'unknown' || NOW_MS - part.atMs > 10_000) ||
  (seen.kind === 'known' && seen.value.silent + seen.value.unreadable > 0);

test('a change of the desired count ends within bounds, or on its way there as far as ready agents allow', () => {
  fc.assert(
    fc.property(observations, states, configs, (seen, state, config) => {
      const { decision } = decide(seen, state, config);
      if (decision.kind === 'scale-out') expect(decision.to).toBeLessThanOrEqual(config.max);
      if (decision.kind === 'scale-in')
        expect(decision.to).toBeGreaterThanOrEqual(Math.min(config.min, decision.from));
    }),
    { numRuns: 2_000 },
  );
});

test('a pool within bounds stays within bounds', () => {
  fc.assert(
    fc.property(observations, states, configs, fc.nat(), (seen, state, config, place) => {
      const inside = config.min + (place % (config.max - config.min + 1));
      const { decision } = decide(seen, { ...state, desired: inside, changedAtMs: NOW_MS }, config);
      expect(decidedCount(decision)).toBeGreaterThanOrEqual(config.min);
      expect(decidedCount(decision)).toBeLessThanOrEqual(config.max);
    }),
    { numRuns: 2_000 },
  );
});

test('more backlog never means fewer agents', () => {
  fc.assert(
    fc.property(observations, states, configs, count, (seen, state, config, more) => {
      fc.pre(seen.queue.kind === 'known');
      const queue = known({ ...seen.queue.value, visible: seen.queue.value.visible + more }, seen.queue.atMs);
      const before = decide(seen, state, config).decision;
      const after = decide({ ...seen, queue }, state, config).decision;
      if (before.kind === 'repair' || after.kind === 'repair') return;
      const count = decidedCount(before);
      if (count === undefined) expect(decidedCount(after)).toBeUndefined();
      else expect(decidedCount(after)).toBeGreaterThanOrEqual(count);
    }),
    { numRuns: 2_000 },
  );
});

test('a scale-in takes exactly as many agents as it lowers the count by, all of them ready or already draining', () => {
  fc.assert(
    fc.property(observations, states, configs, (seen, state, config) => {
      const { decision } = decide(seen, state, config);
      if (decision.kind !== 'scale-in' || seen.agents.kind !== 'known') return;
      const { victims, unaccountedDrains } = seen.agents.value;
      expect([...victims, ...unaccountedDrains]).toEqual(expect.arrayContaining([...decision.victims]));
      if (decision.reason.code !== 'DrainUnfinished')
        expect(decision.victims).toHaveLength(decision.from - decision.to);
    }),
    { numRuns: 2_000 },
  );
});

test('nobody is chosen to be let go on missing data', () => {
  fc.assert(
    fc.property(observations.filter(isBlind), states, configs, (seen, state, config) => {
      const { decision } = decide(seen, state, config);
      // Agents that drain already were chosen on complete data, before the action was interrupted.
      if (decision.kind === 'scale-in') expect(decision.reason.code).toBe('DrainUnfinished');
    }),
    { numRuns: 2_000 },
  );
});

test('a recorded decision, stored and read again, is decided the same way', () => {
  fc.assert(
    fc.property(observations, states, configs, (observation, state, config) => {
      const { recommendations: _, ...decided } = decide(observation, state, config);
      const stored = JSON.stringify({
        observation,
        state,
        config,
        ...decided,
        outcome: { kind: 'nothing-to-do' },
      });
      const record = JSON.parse(stored) as DecisionRecord;
      const { decision, proposals, guards } = replay(record);
      expect({ decision, proposals, guards }).toEqual({
        decision: record.decision,
        proposals: record.proposals,
        guards: record.guards,
      });
    }),
    { numRuns: 1_000 },
  );
});
