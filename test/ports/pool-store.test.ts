// Covers: shared/ports/pool-store.ts, shared/aws/dynamo-pool-store.ts, shared/aws/dynamo-items.ts, shared/aws/minutes-codec.ts, sim/aws/dynamo-records.ts
import { beforeEach, expect, test } from 'vitest';
import type { AgentInstance } from '../../shared/core/pool/agent-instance.ts';
import { bucketOf } from '../../shared/core/pool/minutes.ts';
import { INITIAL_STATE, type Lease, type PoolState } from '../../shared/core/pool/state.ts';
import { type StatusEvent, TRANSITIONS } from '../../shared/core/pool/status.ts';
import type { PoolStore } from '../../shared/ports/pool-store.ts';
import { instance, NOW_MS } from '../unit/build.ts';
import { contract } from './suite.ts';

contract('a pool store', (place) => {
  let store: PoolStore;
  beforeEach(() => {
    ({ store } = place().ports);
  });

  const lease = async (holder = 'a', nowMs = NOW_MS): Promise<{ lease: Lease; state: PoolState }> => {
    const held = await store.acquireLease(holder, nowMs, 10_000);
    if (held.kind === 'taken') throw new Error(`taken by ${held.holder}`);
    return held;
  };
  const agent = async (id: string): Promise<AgentInstance> => {
    const { instances, unreadable } = await store.instances();
    expect(unreadable).toEqual([]);
    const found = instances.find((each) => each.id === id);
    expect(await store.instance(id)).toEqual(found);
    return found as AgentInstance;
  };
  const ready = async (id = 'a1') => {
    await store.register(starting(id));
    await store.transition(id, 'ready', { nowMs: NOW_MS + 1 });
  };
  const starting = (id: string, changes: Partial<AgentInstance> = {}) =>
    instance({ id, status: 'starting', ...changes });

  // --- The lease and the state -------------------------------------------------------------------------------------

  test('a pool store gives a lease to one scaler at a time, and to the next when it is released or has expired', async () => {
    const { lease: first } = await lease('a');
    expect(await store.acquireLease('b', NOW_MS + 14_999, 10_000)).toMatchObject({
      kind: 'taken',
      holder: 'a',
    });
    expect((await lease('a', NOW_MS + 1)).lease.fence).toBe(first.fence + 1);
    expect((await lease('b', NOW_MS + 15_002)).lease.fence).toBe(first.fence + 2);
    await store.releaseLease((await lease('b', NOW_MS + 15_003)).lease);
    expect((await lease('c', NOW_MS + 15_004)).lease.holder).toBe('c');
  });

  test('a pool store keeps the state of the scaler that holds the lease, and nothing of one that has lost it', async () => {
    const { lease: mine } = await lease('a');
    const state = { ...INITIAL_STATE, desired: 3, generation: 1, emptyTicks: 2 };
    expect(await store.saveState(mine, state)).toBe(true);
    const next = await lease('b', NOW_MS + 60_000);
    expect(next.state).toMatchObject(state);
    expect(await store.saveState(mine, { ...state, desired: 9 })).toBe(false);
    expect((await lease('b', NOW_MS + 60_001)).state.desired).toBe(3);
  });

  test('a pool store removes from the state what no longer applies', async () => {
    const { lease: mine } = await lease();
    await store.saveState(mine, {
      ...INITIAL_STATE,
      blocked: { sinceMs: 1, visible: [2], count: 2 },
      overdue: { sinceMs: 1, count: 1 },
    });
    await store.saveState(mine, INITIAL_STATE);
    const { state } = await lease();
    expect([state.blocked, state.overdue]).toEqual([undefined, undefined]);
  });

  test.each([
    ['smaller than 1E-130', 1e-131],
    ['larger than the SDK marshals', 2 ** 53 + 2],
    ['larger than 9.99E+125', 1e126],
    ['that is not a number', Number.NaN],
    ['without end', Number.POSITIVE_INFINITY],
  ])('a pool store rejects a state with a number %s, and keeps the one before', async (_what, number) => {
    const { lease: mine } = await lease();
    const spending = { day: 1, agentSeconds: number, atMs: 1 };
    await expect(store.saveState(mine, { ...INITIAL_STATE, spending })).rejects.toThrow();
    expect((await lease()).state.spending).toBeUndefined();
  });

  test('a pool store rejects a state of more than 400 KB', async () => {
    const { lease: mine } = await lease();
    const changes = Array.from({ length: 30_000 }, (_, index) => ({ atMs: NOW_MS + index, by: 1 }));
    await expect(store.saveState(mine, { ...INITIAL_STATE, changes })).rejects.toThrow();
  });

  // --- Agents ----------------------------------------------------------------------------------------------------

  test('a pool store registers an agent once, and once more when the answer was lost', async () => {
    await store.register(starting('a1'));
    await store.register(starting('a1'));
    await expect(store.register(starting('a1', { launchedAtMs: NOW_MS - 1 }))).rejects.toThrow('before');
    await store.transition('a1', 'lose', { nowMs: NOW_MS });
    await expect(store.register(starting('a1'))).rejects.toThrow('never comes back');
  });

  test('a pool store moves an agent along the status machine, and rejects every other step', async () => {
    for (const event of Object.keys(TRANSITIONS) as StatusEvent[]) {
      await store.register(starting(event));
      const isAllowed = TRANSITIONS[event].from.includes('starting');
      const result = await store.transition(event, event, { nowMs: NOW_MS + 5 });
      expect([event, result.kind]).toEqual([event, isAllowed ? 'applied' : 'refused']);
      expect((await agent(event)).status).toBe(isAllowed ? TRANSITIONS[event].to : 'starting');
    }
    expect((await store.transition('nobody', 'ready', { nowMs: NOW_MS })).kind).toBe('refused');
  });

  test('a pool store lets the first of a claim and a drain win', async () => {
    await ready();
    const both = await Promise.all([
      store.transition('a1', 'claim', { nowMs: NOW_MS + 2, changes: { taskId: 't' } }),
      store.transition('a1', 'drain', { nowMs: NOW_MS + 2, changes: { drainGeneration: 1 } }),
    ]);
    expect(both.map(({ kind }) => kind).toSorted()).toEqual(['applied', 'refused']);
  });

  test('a pool store changes an agent only if it has not written since, if asked to', async () => {
    await ready();
    await store.heartbeat('a1', NOW_MS + 9);
    const lose = (ifHeartbeatAtMs: number) =>
      store.transition('a1', 'lose', { nowMs: NOW_MS + 10, ifHeartbeatAtMs });
    expect((await lose(NOW_MS + 1)).kind).toBe('refused');
    expect((await lose(NOW_MS + 9)).kind).toBe('applied');
  });

  test('a pool store counts a drain and a loss as no heartbeat', async () => {
    await ready();
    const before = (await agent('a1')).heartbeatAtMs;
    await store.transition('a1', 'drain', { nowMs: NOW_MS + 99 });
    expect((await agent('a1')).heartbeatAtMs).toBe(before);
  });

  test('a pool store has no heartbeat for an agent that is lost or unknown', async () => {
    await ready();
    expect(await store.heartbeat('a1', NOW_MS + 5, { unprotected: true })).toMatchObject({
      unprotected: true,
    });
    await store.transition('a1', 'lose', { nowMs: NOW_MS + 6 });
    expect(await store.heartbeat('a1', NOW_MS + 7)).toBeUndefined();
    expect(await store.heartbeat('nobody', NOW_MS)).toBeUndefined();
  });

  test('a pool store keeps what an agent did in its minutes, even when a clock was set back', async () => {
    await ready();
    await store.transition('a1', 'claim', { nowMs: NOW_MS + 2 });
    const bucket = bucketOf(29_000_000, { completed: 2, durationMs: -5, queueWaitMs: 7, givenUp: 1 });
    await store.transition('a1', 'release', { nowMs: NOW_MS + 3, changes: { minutes: [bucket] } });
    expect((await agent('a1')).minutes).toEqual([{ ...bucket, durationMs: 0 }]);
    const next = { ...bucket, durationMs: 1 };
    await store.heartbeat('a1', NOW_MS + 4, { minutes: [next] });
    expect((await agent('a1')).minutes).toEqual([next]);
  });

  test('a pool store retires a working agent, and no other', async () => {
    await ready('idle');
    await ready('busy');
    await store.transition('busy', 'claim', { nowMs: NOW_MS + 2 });
    await store.retire('idle');
    await store.retire('busy');
    expect([(await agent('idle')).retiring, (await agent('busy')).retiring]).toEqual([undefined, true]);
  });

  test('a pool store records for a working agent that its task is cancelled', async () => {
    await ready('idle');
    await ready('busy');
    await store.transition('busy', 'claim', { nowMs: NOW_MS + 2, changes: { taskId: 't' } });
    await store.cancel('idle', 't');
    await store.cancel('busy', 'another');
    expect((await agent('idle')).cancelledTaskId).toBeUndefined();
    expect((await agent('busy')).cancelledTaskId).toBeUndefined();
    await store.cancel('busy', 't');
    expect((await store.heartbeat('busy', NOW_MS + 3))?.cancelledTaskId).toBe('t');
  });

  test('a pool store removes a field that is set to null', async () => {
    await ready();
    await store.transition('a1', 'claim', { nowMs: NOW_MS + 2, changes: { taskId: 't' } });
    expect((await agent('a1')).taskId).toBe('t');
    await store.transition('a1', 'release', { nowMs: NOW_MS + 3, changes: { taskId: null } });
    expect(await agent('a1')).not.toHaveProperty('taskId');
  });

  test('a pool store forgets stopped agents, at most 25 at once', async () => {
    await ready('a1');
    await ready('a2');
    await store.forget(['a1', 'nobody']);
    expect((await store.instances()).instances.map(({ id }) => id)).toEqual(['a2']);
    await expect(store.forget(Array.from({ length: 26 }, (_, index) => `a${index}`))).rejects.toThrow();
  });
});
