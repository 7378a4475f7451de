// Covers: shared/core/forecast/codec.ts, shared/core/forecast/forecaster.ts
import { expect, test } from 'vitest';
import { forecast } from '../../shared/core/forecast/forecaster.ts';
import type { ForecastState } from '../../shared/core/forecast/signals.ts';
import { bucketOf } from '../../shared/core/pool/minutes.ts';
import { INITIAL_STATE } from '../../shared/core/pool/state.ts';
import type { PoolStore } from '../../shared/ports/pool-store.ts';
import { DynamoRecords } from '../../sim/aws/dynamo-records.ts';
import { productionScaler } from '../../sim/backtest/production.ts';
import { simulate } from '../../sim/backtest/simulate.ts';
import { chanceOf } from '../simulation/live-pool.ts';
import { NOW_MS, observation, pool } from '../unit/build.ts';

const YEAR_SECONDS = 365 * 86_400;

/** A store that refuses what DynamoDB does, and the lease to write to it. */
async function openStore(): Promise<(state: Parameters<PoolStore['saveState']>[1]) => Promise<boolean>> {
  const store = new DynamoRecords().poolStore();
  const leased = await store.acquireLease('a', NOW_MS, 1e12);
  if (leased.kind === 'taken') throw new Error('taken');
  return (state) => store.saveState(leased.lease, state);
}

test('a pool that is idle for half a year can be saved all the time, and then starts the next task', async () => {
  const save = await openStore();
  const config = pool({ min: 0, max: 20 });
  const busy = Array.from({ length: 200 }, (_, index) => ({ atSeconds: index * 3, durationSeconds: 20 }));
  const trace = [...busy, { atSeconds: YEAR_SECONDS / 2, durationSeconds: 20 }];
  const saved: Promise<boolean>[] = [];
  let ticks = 0;
  const { queueWaitSeconds } = await simulate(
    trace,
    { config, startupSeconds: 45 },
    {
      begin: (world) =>
        productionScaler(world, ({ state }) => {
          ticks += 1;
          if (ticks % 500 === 0) saved.push(save(state));
        }),
    },
  );
  expect(await Promise.all(saved)).not.toContain(false);
  expect(ticks).toBeGreaterThan(250_000);
  // An idle pool is read once a minute.
  expect(queueWaitSeconds.max).toBeLessThanOrEqual(60 + 45 + 15);
}, 120_000);

/** Tasks that end between two ticks, by how many years have passed. */
const traffic: readonly [string, (year: number, chance: () => number) => number][] = [
  ['one task a day', (_year, chance) => (chance() < 299 / 86_400 ? 1 : 0)],
  ['thousands a minute', (_year, chance) => Math.floor(20_000 * chance())],
  [
    'weeks of bursts, and months of silence',
    (year, chance) => (year % 1.5 < 0.05 ? Math.floor(5_000 * chance() ** 8) : 0),
  ],
];

test.each(traffic)(
  'nothing learned leaves the range of the store in two years of traffic: %s',
  async (_what, ended) => {
    const save = await openStore();
    const config = pool({ tickSeconds: 60, taskTimeoutSeconds: 39_600 });
    const chance = chanceOf(3);
    let known: ForecastState | undefined;
    for (let seconds = 0, tick = 0; seconds < 2 * YEAR_SECONDS; seconds += 299, tick++) {
      const atMs = NOW_MS + 1_000 * seconds;
      const count = ended(seconds / YEAR_SECONDS, chance);
      const late = Math.floor(count * chance());
      const durationMs = count * (chance() < 0.5 ? 50 : 21_600_000);
      const minutes = [
        bucketOf(Math.floor(atMs / 60_000), { started: count, late, completed: count, durationMs }),
      ];
      const read = {
        ...observation(0, { queue: { visible: Math.floor(100 * chance()) }, agents: { minutes } }),
        atMs,
      };
      known = forecast(read, known, config).next;
      if (tick % 100 === 0 && known) await save({ ...INITIAL_STATE, forecast: known });
    }
    expect(known).toBeDefined();
  },
  240_000,
);
