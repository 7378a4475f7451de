// Covers: shared/ports/limit-store.ts, shared/aws/dynamo-limit-store.ts, sim/aws/limit-records.ts, shared/aws/keys.ts
import { beforeEach, expect, test } from 'vitest';
import type { LimitStore } from '../../shared/ports/limit-store.ts';
import { NOW_MS } from '../unit/build.ts';
import { contract } from './suite.ts';

let run = 0;

contract('a limit store', (place) => {
  let limits: LimitStore;
  let name: string;
  beforeEach(() => {
    ({ limits } = place().ports);
    run += 1;
    name = `models/${run}`;
  });

  const AHEAD_MS = 30_000;
  const reserve = (ms: number, atMs: number) =>
    limits.reserve(name, { ms, nowMs: NOW_MS + atMs, atMostAheadMs: AHEAD_MS });
  const startsAt = (atMs: number) => ({ kind: 'reserved', startsAtMs: NOW_MS + atMs });
  const state = async () => (await limits.read([name])).get(name);

  test('leases of a limit stand in line, and the first one after the line starts at once', async () => {
    expect(await reserve(500, 0)).toEqual(startsAt(0));
    expect(await reserve(2_000, 100)).toEqual(startsAt(500));
    expect(await reserve(1, 200)).toEqual(startsAt(2_500));
    // What nobody used in between isn't saved up.
    expect(await reserve(700, 9_000)).toEqual(startsAt(9_000));
    expect(await reserve(700, 9_000)).toEqual(startsAt(9_700));
    expect(await state()).toEqual({ freeAtMs: NOW_MS + 10_400 });
  });

  test('a clock that is behind joins the line where its end is', async () => {
    await reserve(1_000, 5_000);
    expect(await reserve(1_000, 0)).toEqual(startsAt(6_000));
  });

  test('leases requested at the same time never overlap', async () => {
    const leases = await Promise.all(Array.from({ length: 8 }, () => reserve(1_000, 0)));
    const starts = leases.flatMap((lease) => (lease.kind === 'reserved' ? [lease.startsAtMs - NOW_MS] : []));
    expect(starts.toSorted((a, b) => a - b)).toEqual(
      [0, 1, 2, 3, 4, 5, 6, 7].map((second) => 1_000 * second),
    );
  });

  test('a line that is too long takes no lease, and says when there is room', async () => {
    await reserve(AHEAD_MS + 1, 0);
    const full = { kind: 'full', againAtMs: NOW_MS + 1, freeAtMs: NOW_MS + AHEAD_MS + 1 };
    expect(await reserve(10, 0)).toEqual(full);
    expect(await reserve(10, 0)).toEqual(full);
    expect(await reserve(10, 1)).toEqual(startsAt(AHEAD_MS + 1));
  });

  test('a closed limit leases nothing until it opens', async () => {
    await limits.close(name, NOW_MS + 10_000);
    expect(await reserve(10, 0)).toEqual(startsAt(10_000));
    await limits.close(name, NOW_MS + 50_000);
    expect(await reserve(10, 0)).toEqual({
      kind: 'full',
      againAtMs: NOW_MS + 50_000,
      freeAtMs: NOW_MS + 50_000,
    });
  });

  test('a limit is never closed for less time than before, and keeps the leases that it gave', async () => {
    await reserve(20_000, 0);
    await limits.close(name, NOW_MS + 12_000);
    await limits.close(name, NOW_MS + 11_000);
    expect(await state()).toEqual({ freeAtMs: NOW_MS + 20_000, closedUntilMs: NOW_MS + 12_000 });
  });

  test('limits are apart from each other, and one that was never used is left out', async () => {
    await reserve(100, 0);
    await limits.close(`${name}x`, NOW_MS + 1);
    expect(await limits.read([`${name}x`, `${name}y`, name])).toEqual(
      new Map([
        [name, { freeAtMs: NOW_MS + 100 }],
        [`${name}x`, { freeAtMs: NOW_MS + 1, closedUntilMs: NOW_MS + 1 }],
      ]),
    );
    expect(await limits.read([])).toEqual(new Map());
  });
});
