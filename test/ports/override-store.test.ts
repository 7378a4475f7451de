// Covers: shared/ports/override-store.ts, shared/aws/dynamo-overrides.ts, shared/core/pool/overrides.ts
import { beforeEach, expect, test } from 'vitest';
import { AUTOMATIC } from '../../shared/core/pool/state.ts';
import type { OverrideStore } from '../../shared/ports/override-store.ts';
import { NOW_MS } from '../unit/build.ts';
import { contract } from './suite.ts';

contract('an override store', (place) => {
  let overrides: OverrideStore;
  beforeEach(() => {
    ({ overrides } = place().ports);
  });

  const by = 'night shift';
  const paused = { kind: 'paused', by, atMs: NOW_MS } as const;
  const settings = (atMs: number, values: Record<string, unknown>) =>
    ({ kind: 'settings', by, atMs, values }) as const;

  test('an override store has nothing in effect before the first override', async () => {
    expect(await overrides.read()).toEqual({ mode: AUTOMATIC });
    expect(await overrides.latest(5)).toEqual([]);
  });

  test('an override store puts a mode in effect, for the scaler too', async () => {
    expect(
      await overrides.put({ kind: 'mode', by, atMs: NOW_MS, mode: paused }, await overrides.read()),
    ).toBe(true);
    expect(await overrides.read()).toEqual({ mode: paused });
    expect(await place().ports.store.acquireLease('a', NOW_MS, 1_000)).toMatchObject({ mode: paused });
  });

  test('an override store puts settings in effect unless others were set since they were read', async () => {
    const before = await overrides.read();
    expect(await overrides.put(settings(NOW_MS + 1, { max: 20 }), before)).toBe(true);
    expect(await overrides.put(settings(NOW_MS + 2, { max: 30 }), before)).toBe(false);
    const now = await overrides.read();
    expect(now.settings).toMatchObject({ values: { max: 20 }, by });
    await overrides.put({ kind: 'mode', by, atMs: NOW_MS + 3, mode: paused }, now);
    expect(await overrides.read()).toMatchObject({ mode: paused, settings: { values: { max: 20 } } });
    expect(await overrides.put(settings(NOW_MS + 4, {}), await overrides.read())).toBe(true);
    expect((await overrides.read()).settings).toBeUndefined();
  });

  test('an override store keeps overrides in a log, the latest first, including failed ones', async () => {
    const before = await overrides.read();
    for (const atMs of [1, 2, 3]) await overrides.put(settings(NOW_MS + atMs, { max: 20 + atMs }), before);
    expect((await overrides.latest(2)).map(({ atMs }) => atMs)).toEqual([NOW_MS + 3, NOW_MS + 2]);
  });
});
