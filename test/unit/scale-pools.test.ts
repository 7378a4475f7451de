import { describe, expect, test, vi } from 'vitest';
import type { PoolInput } from '../../shared/core/pool/config.ts';
import { AUTOMATIC, INITIAL_STATE } from '../../shared/core/pool/state.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { PoolStore } from '../../shared/ports/pool-store.ts';
import { type ScaledPool, scalePools, wakePool } from '../../shared/runtime/scale-pools.ts';
import { NOW_MS, pool } from './build.ts';
import { virtualClock } from './virtual-clock.ts';

function scaledPool(
  name: string,
  clock: Clock,
  counts: () => Promise<never> | Promise<object>,
  changes: Partial<PoolInput> = {},
  desired = 2,
): ScaledPool {
  const lease = { holder: 'run', fence: 1, untilMs: 0 };
  const store = {
    acquireLease: vi.fn(async () => ({
      kind: 'held',
      lease,
      state: { ...INITIAL_STATE, desired },
      mode: AUTOMATIC,
    })),
    releaseLease: vi.fn(async () => {}),
    saveState: vi.fn(async () => true),
    instances: async () => ({ instances: [], unreadable: [] }),
  } as unknown as PoolStore;
  return {
    config: pool({ name, tickSeconds: 15, ...changes }),
    ports: {
      queue: { counts } as never,
      store,
      decisions: { put: vi.fn(async () => {}) },
      history: { add: vi.fn(async () => {}), days: async () => [] },
      neighbours: { read: async () => [] },
      limits: { read: async () => new Map() },
      fleet: {
        read: async () => ({ desired, running: desired, pending: 0, revision: 'agents:1' }),
        setDesiredCount: vi.fn(async () => {}),
        unprotect: async () => [],
        tasks: async () => [],
        stop: async () => {},
      },
      clock,
      telemetry: {
        tick: vi.fn(),
        tickFailed: vi.fn(),
        leaseTaken: vi.fn(),
        settingsLeftOut: vi.fn(),
        historyNotSaved: vi.fn(),
        reapFailed: vi.fn(),
      },
    },
  };
}
const counts = async () => ({ visible: 0, inFlight: 0, delayed: 0 });

test('a pool under a ceiling is not woken: two pools woken at once would both take the room that is left', async () => {
  const clock = virtualClock();
  const sharing = scaledPool('a', clock, counts, { min: 0, ceiling: { name: 'gpus', max: 10 } }, 0);
  await wakePool(sharing, 'run', clock);
  expect(sharing.ports.telemetry.tick).not.toHaveBeenCalled();
});

describe('a run of the scaler', () => {
  test('a run of the scaler ticks every 15 seconds of its minute and releases the lease', async () => {
    const clock = virtualClock();
    const scaled = scaledPool('calm', clock, counts);
    await scalePools([scaled], 'run', clock);
    const ticks = vi
      .mocked(scaled.ports.telemetry.tick)
      .mock.calls.map(([record]) => record.observation.atMs - NOW_MS);
    expect(ticks).toEqual([0, 15_000, 30_000, 45_000]);
    expect(scaled.ports.store.releaseLease).toHaveBeenCalledTimes(1);
  });

  test('a run of the scaler ticks an idle pool once and the others at every tick', async () => {
    const clock = virtualClock();
    const resting = scaledPool('resting', clock, counts, { min: 0 }, 0);
    const calm = scaledPool('calm', clock, counts);
    await scalePools([resting, calm], 'run', clock);
    expect(resting.ports.telemetry.tick).toHaveBeenCalledTimes(1);
    expect(resting.ports.store.releaseLease).toHaveBeenCalledTimes(1);
    expect(calm.ports.telemetry.tick).toHaveBeenCalledTimes(4);
  });

  test('a run of the scaler goes on after a failed tick, and fails in the end', async () => {
    const clock = virtualClock();
    const broken = scaledPool('broken', clock, counts);
    broken.ports.decisions.put = vi.fn(async () => {}).mockRejectedValueOnce(new Error('table is gone'));
    const calm = scaledPool('calm', clock, counts);
    await expect(scalePools([broken, calm], 'run', clock)).rejects.toThrow(
      '1 tick(s) failed: Error: table is gone',
    );
    expect(calm.ports.telemetry.tick).toHaveBeenCalledTimes(4);
    expect(broken.ports.telemetry.tick).toHaveBeenCalledTimes(3);
    expect(broken.ports.telemetry.tickFailed).toHaveBeenCalledTimes(1);
  });

  test('pools under one ceiling are ticked one after another, and all others at once', async () => {
    const clock = virtualClock();
    let reading = 0;
    let most = 0;
    const slow = async () => {
      reading += 1;
      most = Math.max(most, reading);
      await clock.sleep(100);
      reading -= 1;
      return { visible: 0, inFlight: 0, delayed: 0 };
    };
    const ceiling = { name: 'gpu', max: 10 };
    const together = ['a', 'b'].map((name) => scaledPool(name, clock, slow));
    await scalePools(together, 'run', clock);
    expect(most).toBe(2);
    most = 0;
    const inTurn = ['a', 'b'].map((name) => scaledPool(name, clock, slow, { ceiling }));
    await scalePools(inTurn, 'run', clock);
    expect(most).toBe(1);
    for (const { ports } of inTurn) expect(ports.telemetry.tick).toHaveBeenCalledTimes(4);
  });

  test('a run of the scaler gives up a tick that hangs, and ends in time', async () => {
    const clock = virtualClock();
    const hanging = scaledPool('hanging', clock, () => new Promise<never>(() => {}));
    await expect(scalePools([hanging], 'run', clock)).rejects.toThrow('4 tick(s) failed');
    expect(clock.now() - NOW_MS).toBeLessThan(60_000);
  });
});

describe('a wake', () => {
  const ticks = ({ ports }: ScaledPool) =>
    vi.mocked(ports.telemetry.tick).mock.calls.map(([record]) => record.observation.atMs - NOW_MS);

  test('ticks every 2 seconds until SQS counts the task, and then as often as a run of the scaler', async () => {
    const clock = virtualClock();
    const late = async () => ({ visible: clock.now() < NOW_MS + 3_000 ? 0 : 1, inFlight: 0, delayed: 0 });
    const scaled = scaledPool('resting', clock, late, { min: 0 }, 0);
    await wakePool(scaled, 'wake', clock);
    expect(ticks(scaled)).toEqual([0, 2_000, 4_000, 15_000, 30_000, 45_000]);
    expect(scaled.ports.store.releaseLease).toHaveBeenCalledTimes(1);
  });

  test('ends after 20 seconds when there is no task', async () => {
    const clock = virtualClock();
    const scaled = scaledPool('resting', clock, counts, { min: 0 }, 0);
    await wakePool(scaled, 'wake', clock);
    expect(ticks(scaled).at(-1)).toBe(20_000);
    expect(clock.now()).toBe(NOW_MS + 20_000);
  });

  test('tries a pool that another run holds once more, and leaves it to that run', async () => {
    const clock = virtualClock();
    const scaled = scaledPool('busy', clock, counts);
    scaled.ports.store.acquireLease = async () => ({
      kind: 'taken',
      holder: 'run',
      untilMs: NOW_MS + 60_000,
    });
    await wakePool(scaled, 'wake', clock);
    expect(ticks(scaled)).toEqual([]);
    expect(scaled.ports.telemetry.leaseTaken).toHaveBeenCalledTimes(2);
    expect(clock.now()).toBe(NOW_MS + 2_000);
  });
});
