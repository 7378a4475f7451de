// Covers: shared/ports/fleet.ts, shared/ports/protection.ts, shared/aws/ecs-fleet.ts, shared/aws/ecs-deployment.ts, sim/aws/ecs-service.ts
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Deployments, Fleet } from '../../shared/ports/fleet.ts';
import { EcsService } from '../../sim/aws/ecs-service.ts';
import { Engine } from '../../sim/engine.ts';
import { startTestStack } from '../emulated/stack.ts';

type Place = {
  readonly fleet: Fleet & Deployments;
  /** Waits until it holds, letting virtual time pass where time is virtual. */
  until(holds: () => Promise<void>): Promise<void>;
  close(): Promise<void>;
};

async function simulated(): Promise<Place> {
  const engine = new Engine(1);
  const idle = { sigterm: () => {}, kill: () => {}, isFrozen: () => false };
  const callbacks = { run: () => idle, stopping: () => {}, stopped: () => {} };
  const service = new EcsService(engine, callbacks, { desired: 0 });
  return {
    fleet: service.fleet(),
    async until(holds) {
      for (let seconds = 0; ; seconds++) {
        const error = await holds().then(
          () => undefined,
          (reason: unknown) => reason,
        );
        if (error === undefined) return;
        if (seconds > 300) throw error;
        const endMs = engine.nowMs + 1_000;
        engine.after(1_000, () => {});
        await engine.runUntil(Number.POSITIVE_INFINITY, () => engine.nowMs >= endMs);
      }
    },
    close: async () => {},
  };
}

/** Its tasks stay pending: agents are tried in `test/emulated`. */
async function emulated(): Promise<Place> {
  const stack = await startTestStack({ min: 0, max: 10 });
  return {
    fleet: stack.fleet,
    until: (holds) => vi.waitFor(holds, { timeout: 60_000 }),
    close: () => stack.close(),
  };
}

describe.each([
  ['sim/aws', simulated],
  ['shared/aws on the local ECS', emulated],
] as const)('a fleet in %s', (_name, open) => {
  let place: Place;
  let fleet: Fleet & Deployments;
  beforeAll(async () => {
    place = await open();
    ({ fleet } = place);
  });
  afterEach(async () => {
    await fleet.setDesiredCount(0);
    await place.until(async () => expect(await counts()).toEqual({ desired: 0, placed: 0 }));
  });
  afterAll(() => place.close());

  const counts = async () => {
    const { desired, running, pending } = await fleet.read();
    return { desired, placed: running + pending };
  };

  test('a fleet runs the desired count of ECS tasks, and stops the surplus', async () => {
    await fleet.setDesiredCount(2);
    expect((await fleet.read()).desired).toBe(2);
    await place.until(async () => expect(await counts()).toEqual({ desired: 2, placed: 2 }));
    await fleet.setDesiredCount(0);
    await place.until(async () => expect(await counts()).toEqual({ desired: 0, placed: 0 }));
  });

  test('a fleet rejects a desired count that ECS does not have', async () => {
    const before = await counts();
    await expect(fleet.setDesiredCount(-1)).rejects.toThrow();
    await expect(fleet.setDesiredCount(5_001)).rejects.toThrow();
    expect(await counts()).toEqual(before);
  });

  test('a deployment that changes nothing keeps the revision and the count, and is overtaken by a later one', async () => {
    await fleet.setDesiredCount(2);
    await place.until(async () => expect(await counts()).toEqual({ desired: 2, placed: 2 }));
    const before = await fleet.read();
    const first = await fleet.deploy();
    const after = await fleet.read();
    expect(after).toMatchObject({ desired: 2, revision: before.revision, deployedAtMs: first.createdAtMs });
    expect(after.deployedAtMs).toBeGreaterThan(before.deployedAtMs ?? Number.POSITIVE_INFINITY);
    expect(await fleet.readDeployment(first)).toMatchObject({ kind: 'in-progress', desired: 2 });

    const second = await fleet.deploy();
    expect(await fleet.readDeployment(first)).toEqual({ kind: 'overtaken' });
    expect(await fleet.readDeployment(second)).toMatchObject({ kind: 'in-progress' });
    await fleet.setDesiredCount(0);
    await place.until(async () => expect(await fleet.readDeployment(second)).toEqual({ kind: 'completed' }));
  });
});

test('on virtual time a fleet replaces an ECS task that is stopped while it is desired', async () => {
  const { fleet, until } = await simulated();
  await fleet.setDesiredCount(2);
  await until(async () => expect(await fleet.read()).toMatchObject({ running: 2, pending: 0 }));
  const [first, second] = (await fleet.tasks(new Set())).map(({ id }) => id);
  expect((await fleet.tasks(new Set([first ?? '']))).map(({ id }) => id)).toEqual([second]);
  await fleet.stop(first ?? '', 'for a test');
  await until(async () => expect(await fleet.tasks(new Set([first ?? '']))).toHaveLength(2));
});

test('on virtual time protection is denied while as many others are protected as are desired', async () => {
  const engine = new Engine(1);
  const idle = { sigterm: () => {}, kill: () => {}, isFrozen: () => false };
  const service = new EcsService(
    engine,
    { run: () => idle, stopping: () => {}, stopped: () => {} },
    { desired: 2 },
  );
  service.reconcileSoon();
  await engine.runUntil(120, () => service.tasks.filter(({ status }) => status === 'running').length === 2);
  const [first, second] = service.tasks.map((task) => service.protection(task));
  expect([await first?.protect(), await second?.protect()]).toEqual([true, true]);
  await service.fleet().setDesiredCount(1);
  await first?.release();
  expect(await first?.protect()).toBe(false);
});
