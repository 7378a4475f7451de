// Covers: shared/core/pool/neighbours.ts, shared/ports/pool-history.ts, shared/ports/neighbours.ts, shared/aws/dynamo-history.ts, shared/aws/dynamo-neighbours.ts, shared/aws/keys.ts
import { beforeEach, expect, test } from 'vitest';
import { INITIAL_STATE } from '../../shared/core/pool/state.ts';
import type { HistoryReader, PoolHistory } from '../../shared/ports/pool-history.ts';
import { NOW_MS, pool } from '../unit/build.ts';
import { contract } from './suite.ts';

contract('a pool history', (place) => {
  let history: PoolHistory & HistoryReader;
  beforeEach(() => {
    ({ history } = place().ports);
  });

  const day = 20_454;
  const minute = (of: number, arrivals: number) => ({
    minute: 1440 * day + of,
    arrivals,
    completed: arrivals,
    durationMs: 10 * arrivals,
  });

  test('a pool history keeps minutes by day, and distinguishes unknown ones from those without arrivals', async () => {
    await history.add([minute(1438, 0), minute(1439, 5), minute(1440, 7)]);
    const [first, second, ...others] = await history.days(day - 1);
    expect(others).toEqual([]);
    expect([first?.day, second?.day]).toEqual([day, day + 1]);
    expect(first?.arrivals.slice(1437)).toEqual([undefined, 0, 5]);
    expect(second?.arrivals.slice(0, 2)).toEqual([7, undefined]);
  });

  test('a pool history overwrites a minute that is written again', async () => {
    await history.add([minute(3, 1)]);
    await history.add([minute(3, 2)]);
    expect(await Array.fromAsync(history.minutes(1440 * day))).toEqual([minute(3, 2)]);
  });

  test('a pool history returns the minutes since a time in order, and the days since one', async () => {
    await history.add([minute(1445, 3)]);
    await history.add([minute(2, 1), minute(3, 2)]);
    expect(await Array.fromAsync(history.minutes(1440 * day + 3))).toEqual([minute(3, 2), minute(1445, 3)]);
    expect((await history.days(day + 1)).map((each) => each.day)).toEqual([day + 1]);
  });
});

let run = 0;

contract('the neighbours under a ceiling', (place) => {
  const under = (name: string, ceiling: string | undefined, priority = 0) =>
    pool({ name, min: 1, max: 5, ...(ceiling && { ceiling: { name: ceiling, max: 10, priority } }) });

  test('neighbours are the ticked pools under the same ceiling, with what they have and want', async () => {
    const { neighboursOf, storeOf } = place().ports;
    run += 1;
    const names = ['own', 'ticked', 'new', 'waiting', 'elsewhere'].map((name) => `${name}-${run}`);
    const [own = '', ticked = '', fresh = '', waiting = '', elsewhere = ''] = names;
    for (const [name, state] of [
      [ticked, { ...INITIAL_STATE, desired: 3, wanted: 4 }],
      [waiting, INITIAL_STATE],
      [elsewhere, { ...INITIAL_STATE, desired: 9 }],
    ] as const) {
      const held = await storeOf(name).acquireLease('a', NOW_MS, 1_000);
      if (held.kind === 'held') await storeOf(name).saveState(held.lease, state);
    }
    const pools = [
      under(own, 'shared'),
      under(ticked, 'shared', 2),
      under(fresh, 'shared'),
      under(waiting, 'shared'),
      under(elsewhere, 'other'),
    ];
    expect(await neighboursOf(pools[0] as (typeof pools)[number], pools).read()).toEqual([
      { pool: ticked, priority: 2, desired: 3, wanted: 4, limits: [] },
      { pool: waiting, priority: 0, desired: 1, wanted: 1, limits: [] },
    ]);
    expect(await neighboursOf(under(own, undefined), pools).read()).toEqual([]);
  });
});
