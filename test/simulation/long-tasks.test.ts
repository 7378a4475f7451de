// Covers: shared/core/policies/overdue.ts, shared/core/forecast/signals/task-duration.ts, shared/core/forecast/signals/pace.ts
import { describe, expect, test } from 'vitest';
import type { Arrival } from '../../shared/tasks/trace.ts';
import { productionScaler } from '../../sim/backtest/production.ts';
import { simulate } from '../../sim/backtest/simulate.ts';
import type { World } from '../../sim/backtest/world.ts';
import { pool } from '../unit/build.ts';
import { chanceOf, countOf, mean, poisson, runLive, STARTUP_SECONDS } from './live-pool.ts';

/** Whatever was learned before, a task starts within twice the start-up plus two ticks while there are agents to have. */
const LIMIT_SECONDS = 2 * STARTUP_SECONDS + 2 * 15;
const config = pool({ min: 2, max: 400, taskTimeoutSeconds: 39_600 });

const each = (
  count: number,
  everySeconds: number,
  durationSeconds: number,
  fromSeconds = 5,
): readonly Arrival[] =>
  Array.from({ length: count }, (_, index) => ({
    atSeconds: fromSeconds + index * everySeconds,
    durationSeconds,
  }));

async function longestWait(trace: readonly Arrival[], of: number): Promise<number> {
  let world: World | undefined;
  await simulate(
    trace,
    { config, startupSeconds: STARTUP_SECONDS },
    {
      begin(started) {
        world = started;
        return productionScaler(started);
      },
    },
  );
  return Math.max(...(world?.waits.slice(-of) ?? []));
}

describe('tasks longer than expected start in time', () => {
  const arrivals = [
    ['one every 90 s', 40, 90],
    ['one every 30 s', 60, 30],
    ['a hundred at once', 100, 0.01],
  ] as const;
  const cases = [60, 21_600].flatMap((duration) =>
    arrivals.map(([how, count, everySeconds]) => ({ duration, how, count, everySeconds })),
  );
  test.each(cases)(
    'in a new pool, tasks of $duration s start in time: $how',
    async ({ duration, count, everySeconds }) => {
      expect(await longestWait(each(count, everySeconds, duration), count)).toBeLessThanOrEqual(
        LIMIT_SECONDS,
      );
    },
  );
  test.each(cases)(
    'after hours of short ones, tasks of $duration s start in time: $how',
    async ({ duration, count, everySeconds }) => {
      const hours = 2 * 3_600;
      const trace = [...each(hours / 5, 5, 10, 0), ...each(count, everySeconds, duration, hours)];
      expect(await longestWait(trace, count)).toBeLessThanOrEqual(LIMIT_SECONDS);
    },
  );
});

test('tasks whose agents wait for children in the same pool start in time, and so do the children', async () => {
  const family = pool({ name: 'sim', min: 2, max: 60, taskTimeoutSeconds: 3_600, ordering: 'none' });
  let children = 0;
  const { waits, decisions } = await runLive(family, {
    sent: Array.from({ length: 10 }, (_, index) => ({ atSeconds: index, payload: 'parent' })),
    async handler({ id, payload }, { sleep, client }) {
      if (payload !== 'parent') return sleep(60);
      const ids = [1, 2].map((child) => `${id}-${child}`);
      await client.sendTasks(ids.map((child) => ({ id: child, payload: 'child' })));
      children += ids.length;
      for (const child of ids) while ((await client.getTask(child))?.status !== 'done') await sleep(5);
    },
  });
  expect(waits).toHaveLength(10);
  expect(Math.max(...waits)).toBeLessThanOrEqual(LIMIT_SECONDS);
  expect(children).toBe(20);
  expect(decisions.length * 15).toBeLessThan(2 * LIMIT_SECONDS + 120);
});

describe('attempts that fail are load', () => {
  const failing = pool({ name: 'sim', min: 2, max: 200, ordering: 'none', taskTimeoutSeconds: 600 });
  const run = (share: number) => {
    const chance = chanceOf(7);
    return runLive(failing, {
      sent: poisson([0.5, 0.5, 0.5], 20, 5).map(({ atSeconds, durationSeconds }) => ({
        atSeconds,
        payload: durationSeconds,
      })),
      async handler({ payload }, { sleep }) {
        await sleep(payload as number);
        if (chance() < share) throw new Error('try again');
      },
    });
  };
  test.each([0.3, 0.6, 0.9])('when a share of %d fails, tasks start as timely as without', async (share) => {
    const [calm, stormy] = [await run(0), await run(share)];
    const onTime = ({ waits }: { waits: readonly number[] }) =>
      mean(waits.map((wait) => (wait <= 30 ? 1 : 0)));
    expect(onTime(stormy)).toBeGreaterThan(onTime(calm) - 0.05);
    // A task takes 1 + p + p² attempts; the pool grows accordingly.
    const load = 1 + share + share ** 2;
    const agents = (decisions: typeof calm.decisions) => mean(decisions.slice(40, 120).map(countOf));
    expect(agents(stormy.decisions) / agents(calm.decisions)).toBeGreaterThan(0.75 * load);
  });
});
