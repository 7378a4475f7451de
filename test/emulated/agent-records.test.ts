import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AgentInstance } from '../../shared/core/pool/agent-instance.ts';
import { instance } from '../unit/build.ts';
import { startTestStack, type TestStack } from './stack.ts';

let stack: TestStack;
beforeAll(async () => {
  stack = await startTestStack();
});
afterAll(() => stack.close());

const find = async (id: string): Promise<AgentInstance | undefined> =>
  (await stack.store.instances()).instances.find((candidate) => candidate.id === id);

test('when an agent claims while the scaler drains it, exactly one of them wins, a hundred times', async () => {
  const winners = { claim: 0, drain: 0 };
  for (let round = 0; round < 100; round++) {
    const id = `agent-${round}`;
    await stack.store.register(instance({ id }));
    const claim = () => stack.store.transition(id, 'claim', { nowMs: 1, changes: { taskId: 'task' } });
    const drain = () => stack.store.transition(id, 'drain', { nowMs: 1, changes: { drainGeneration: 1 } });
    // Each goes first every other time, so that both get to win.
    const results = await Promise.all(round % 2 === 0 ? [claim(), drain()] : [drain(), claim()]);
    const applied = results.filter((result) => result.kind === 'applied');
    expect(applied).toHaveLength(1);
    const winner = (await find(id))?.status;
    expect(applied[0]).toMatchObject({ instance: { status: winner } });
    winners[winner === 'busy' ? 'claim' : 'drain'] += 1;
  }
  expect(winners.claim).toBeGreaterThan(0);
  expect(winners.drain).toBeGreaterThan(0);
});

test('a record is read back as it was written, and a refused transition changes nothing', async () => {
  const written = instance({
    id: 'whole',
    status: 'busy',
    taskId: 'task',
    readyAtMs: 5,
    lastUsedAtMs: 6,
    warmContexts: ['a', 'b'],
    minutes: [{ minute: 7, completed: 1, durationMs: 2, queueWaitMs: 3, contextBytes: 4, late: 1 }],
  });
  await stack.store.register(written);
  expect(await find('whole')).toEqual(written);
  expect(
    await stack.store.transition('whole', 'drain', { nowMs: 9, changes: { drainGeneration: 1 } }),
  ).toEqual({
    kind: 'refused',
  });
  expect(await find('whole')).toEqual(written);
});

test('an agent registers once: its record is not reset by another start under its id', async () => {
  const starting = instance({ id: 'once', status: 'starting' });
  await stack.store.register(starting);
  // The same write again, as the SDK makes it when an answer was lost.
  await stack.store.register(starting);
  await stack.store.transition('once', 'ready', { nowMs: 1 });
  await expect(stack.store.register(starting)).rejects.toThrow('agent once has been registered before');
  expect((await find('once'))?.status).toBe('ready');
});

test('an agent is taken for lost only if it has not written since', async () => {
  await stack.store.register(instance({ id: 'unresponsive', heartbeatAtMs: 100 }));
  await stack.store.heartbeat('unresponsive', 200);
  expect(
    (await stack.store.transition('unresponsive', 'lose', { nowMs: 300, ifHeartbeatAtMs: 100 })).kind,
  ).toBe('refused');
  expect(
    (await stack.store.transition('unresponsive', 'lose', { nowMs: 300, ifHeartbeatAtMs: 200 })).kind,
  ).toBe('applied');
  expect(await stack.store.heartbeat('unresponsive', 400)).toBeUndefined();
});
