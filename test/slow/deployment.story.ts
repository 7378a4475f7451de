// Covers: shared/core/surplus.ts, local/ecs/scheduler.ts
import { afterAll, expect, test, vi } from 'vitest';
import type { LoggedDecision } from '../../shared/ports/decision-log.ts';
import { deployVersion } from '../emulated/deploy-version.ts';
import { startTestStack } from '../emulated/stack.ts';

/** A new version of the agents takes over, as `cdk deploy` has it, while real agents work and the real scaler ticks. */
const stack = await startTestStack(
  {
    handler: './agent/handlers/replay.ts',
    min: 2,
    max: 2,
    tickSeconds: 1,
    heartbeatSeconds: 1,
    cooldownSeconds: 1,
    stopTimeoutSeconds: 10,
  },
  100,
);
afterAll(async () => {
  ended = true;
  await stack.close();
  await ticking;
});

/** The scaler ticks the pool all the time. */
let ended = false;
const ticking = (async () => {
  while (!ended) await stack.function('scale').invoke({});
})();

const agents = async (...statuses: string[]) =>
  (await stack.store.instances()).instances.filter(({ status }) => statuses.includes(status));

const isReplaced = async (revision: string) => {
  const live = await agents('starting', 'ready', 'busy', 'cooldown', 'draining');
  return live.length === 2 && live.every((agent) => agent.revision === revision);
};

test('a deployment replaces agents as new ones become ready, and interrupts no task', async () => {
  await vi.waitFor(async () => expect(await agents('ready')).toHaveLength(2), { timeout: 60_000 });
  const send = (durationSeconds: number) =>
    stack.client.sendTask({ payload: { durationSeconds, from: 0, messages: [] } });
  const ids = [await send(6)];
  await vi.waitFor(async () => expect(await agents('busy')).toHaveLength(1), { timeout: 60_000 });

  const { revision } = await deployVersion(stack);

  // There is always a next task, so that no agent is ever idle.
  while (!(await isReplaced(revision))) {
    const { visible } = await stack.queue.counts();
    for (let missing = 4 - visible; missing > 0; missing--) ids.push(await send(0.3));
  }
  for (const id of ids) {
    // One attempt each: no agent was stopped in the middle of a task.
    expect(await stack.client.waitForTask(id, 40_000)).toMatchObject({
      status: 'done',
      record: { attempts: 1 },
    });
  }
  const left = await agents('stopped', 'lost');
  expect(left.map(({ status, interruptedTasks }) => ({ status, interruptedTasks }))).toEqual([
    { status: 'stopped', interruptedTasks: undefined },
    { status: 'stopped', interruptedTasks: undefined },
  ]);
  // To replace is not to shrink.
  const decisions = await Array.fromAsync(stack.decisions.read());
  const isScaleIn = (each: LoggedDecision) =>
    each.kind === 'decision' && each.record.decision.kind === 'scale-in';
  expect(decisions.filter(isScaleIn)).toEqual([]);
});
