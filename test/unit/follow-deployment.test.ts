import { expect, test, vi } from 'vitest';
import { followDeployment } from '../../cli/follow-deployment.ts';
import type { DeploymentReading } from '../../shared/ports/fleet.ts';
import { NOW_MS } from './build.ts';

/** Follows a deployment with these readings. Returns how it ended, and what was said. */
async function follow(...readings: readonly DeploymentReading[]) {
  const left = [...readings];
  const say = vi.fn();
  const end = await followDeployment(
    { readDeployment: async () => left.shift() ?? { kind: 'completed' } },
    { id: 'ecs-svc/2', createdAtMs: NOW_MS },
    { say, pause: async () => {} },
  );
  return { end, said: say.mock.calls.flat() };
}
const inProgress = (running: number, failed = 0) =>
  ({ kind: 'in-progress', desired: 2, running, pending: 2 - running, failed }) as const;

test('a deployment is followed until it completes, and its progress is shown once', async () => {
  expect(await follow(inProgress(0), inProgress(1), inProgress(1), { kind: 'completed' })).toEqual({
    end: { kind: 'completed' },
    said: ['new agents: 0 of 2 running, 2 pending', 'new agents: 1 of 2 running, 1 pending'],
  });
});

test('a deployment that ECS fails ends with the reason of ECS', async () => {
  const failed = { kind: 'failed', reason: 'tasks failed to start.' } as const;
  const { end, said } = await follow(inProgress(0, 2), failed);
  expect(end).toEqual(failed);
  expect(said).toEqual(['new agents: 0 of 2 running, 2 pending, 2 failed in a row']);
});

test('a deployment that ECS does not show yet is waited for, and one that is gone has been rolled back', async () => {
  expect((await follow({ kind: 'unknown' }, inProgress(1))).end).toEqual({ kind: 'completed' });
  expect((await follow(inProgress(1), { kind: 'unknown' })).end).toMatchObject({ kind: 'failed' });
});

test('a deployment that a later one overtakes is not waited for', async () => {
  expect((await follow({ kind: 'overtaken' })).end).toMatchObject({ kind: 'overtaken' });
});
