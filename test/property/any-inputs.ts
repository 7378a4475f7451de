import fc from 'fast-check';
import { forecast } from '../../shared/core/forecast/forecaster.ts';
import type { ForecastState } from '../../shared/core/forecast/signals.ts';
import type { Inputs } from '../../shared/core/inputs.ts';
import { known, type Observation, type Reading, unknown } from '../../shared/core/observation.ts';
import { POLICY_NAMES, type PoolConfig, parsePools } from '../../shared/core/pool/config.ts';
import type { Mode, PoolState } from '../../shared/core/pool/state.ts';
import { ids, NOW_MS } from '../unit/build.ts';

export const count = fc.nat({ max: 60 });
const seconds = fc.double({ min: 0, max: 1000, noNaN: true });

const configs: fc.Arbitrary<PoolConfig> = fc
  .record({
    bounds: fc.tuple(fc.nat({ max: 40 }), fc.nat({ max: 40 })),
    policies: fc.subarray([...POLICY_NAMES], { minLength: 1 }),
    scaleInStabilizationSeconds: fc.oneof(fc.constant('auto' as const), fc.nat({ max: 600 })),
    warmFloor: fc.nat({ max: 5 }),
    scaleOutLimit: fc.record({ agents: fc.integer({ min: 1, max: 60 }), percent: fc.nat({ max: 200 }) }),
    scaleInLimit: fc.record({ agents: fc.integer({ min: 1, max: 60 }), percent: fc.nat({ max: 100 }) }),
    concurrency: fc.constantFrom(1, 1, 2, 16, 64),
  })
  .map(({ bounds, policies, warmFloor, ...rest }) => {
    const [min, max] = [Math.min(...bounds), Math.max(...bounds)];
    const isFloorKept = policies.includes('warm-floor');
    const pool = {
      name: 'test',
      handler: './x.ts',
      min,
      max,
      ...rest,
      warmFloor: isFloorKept ? warmFloor : 0,
    };
    // A pool without a minimum needs a policy that can start its first agent.
    return parsePools([
      { ...pool, policies: min === 0 ? [...new Set([...policies, 'backlog' as const])] : policies },
    ])[0];
  })
  .filter((pool) => pool !== undefined);

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
    notReceiving: fc.nat({ max: 1 }),
    unresponsive: fc.nat({ max: 1 }),
    unreadable: fc.nat({ max: 1 }),
    idleSeconds: seconds,
    unaccounted: fc.boolean(),
    oldReady: fc.nat({ max: 60 }),
    oldWorking: fc.nat({ max: 60 }),
    spare: fc.nat({ max: 3 }),
    empty: fc.nat({ max: 3 }),
    used: fc.nat({ max: 300 }),
    free: fc.nat({ max: 300 }),
    heldUp: fc.nat({ max: 1 }),
    replacing: fc.constant(0),
    changing: fc.nat({ max: 1 }),
    unprotected: fc.nat({ max: 3 }),
    running: fc.record({ seconds, byAge: fc.array(fc.nat({ max: 20 }), { maxLength: 17 }) }),
    limitUse: fc.constant({}),
    minutes: fc.constant([]),
    activity: fc.record({ completed: count, durationSeconds: seconds, startupSeconds: seconds }),
  })
  .map(({ unaccounted, oldReady, oldWorking, spare, empty, used, free, ...seen }) => {
    const consolidating = {
      agents: Math.min(spare, seen.draining),
      empty: Math.min(empty, spare, seen.draining),
    };
    const draining = ids(consolidating.agents).map((id) => `resumable-${id}`);
    return {
      ...seen,
      consolidating,
      resumable: draining,
      // A busy agent has a task at least.
      slots: {
        used: seen.busy + used,
        free: seen.ready + seen.cooldown + free,
        unusable: 0,
        draining: seen.draining,
      },
      working: ids(Math.min(50, seen.busy)).map((id) => `working-${id}`),
      // Those that drain without a task go first; they're the last to be taken back.
      victims: [...draining.slice(draining.length - consolidating.empty), ...ids(seen.ready)].slice(0, 50),
      outdated: {
        ready: ids(Math.min(oldReady, seen.ready, 50)),
        working: ids(Math.min(oldWorking, seen.busy, 50)).map((id) => `working-${id}`),
      },
      unprotected: Math.min(seen.unprotected, seen.starting),
      unaccountedDrains: unaccounted ? ids(seen.draining).map((id) => `draining-${id}`) : [],
    };
  });

export const observations: fc.Arbitrary<Observation> = fc.record({
  pool: fc.constant('test'),
  atMs: fc.constant(NOW_MS),
  queue: reading(fc.record({ visible: count, inFlight: count, delayed: count })),
  fleet: reading(
    fc.record(
      {
        desired: count,
        running: count,
        pending: fc.nat({ max: 2 }),
        revision: fc.constant('a:1'),
        deployedAtMs: fc.constantFrom(NOW_MS - 60_000, NOW_MS),
      },
      { requiredKeys: ['desired', 'running', 'pending', 'revision'] },
    ),
  ),
  agents: reading(agents),
  season: reading(fc.record({ day: seconds }, { requiredKeys: [] })),
  neighbours: reading(fc.constant([])),
  limits: reading(fc.constant([])),
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

/** Everything a decision is made from: any fleet, any readings, any memory, any configuration that's accepted. */
export const inputs: fc.Arbitrary<Inputs> = fc.record({
  observation: observations,
  state: states,
  mode: controls,
  config: configs,
});
