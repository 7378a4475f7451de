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
  const claim = (id: string, tasks: AgentInstance['tasks']) =>
    store.transition(id, 'claim', { nowMs: NOW_MS + 2, changes: { tasks } });
  const busy = async (id = 'a1', tasks: AgentInstance['tasks'] = { t: NOW_MS }) => {
    await ready(id);
    await claim(id, tasks);
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
      store.transition('a1', 'claim', { nowMs: NOW_MS + 2, changes: { tasks: { t: NOW_MS } } }),
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

  test('a pool store counts a drain, its end and a loss as no heartbeat', async () => {
    await busy();
    const before = (await agent('a1')).heartbeatAtMs;
    for (const event of ['retire', 'resume', 'retire', 'drain', 'lose'] as const) {
      expect((await store.transition('a1', event, { nowMs: NOW_MS + 99 })).kind).toBe('applied');
      expect((await agent('a1')).heartbeatAtMs).toBe(before);
    }
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

  test('a pool store removes a field that is set to null', async () => {
    await ready();
    await store.heartbeat('a1', NOW_MS + 2, { notReceivingSinceMs: NOW_MS });
    expect((await agent('a1')).notReceivingSinceMs).toBe(NOW_MS);
    await store.heartbeat('a1', NOW_MS + 3, { notReceivingSinceMs: null });
    expect(await agent('a1')).not.toHaveProperty('notReceivingSinceMs');
  });

  test('a pool store forgets stopped agents, at most 25 at once', async () => {
    await ready('a1');
    await ready('a2');
    await store.forget(['a1', 'nobody']);
    expect((await store.instances()).instances.map(({ id }) => id)).toEqual(['a2']);
    await expect(store.forget(Array.from({ length: 26 }, (_, index) => `a${index}`))).rejects.toThrow();
  });

  // --- Tasks -----------------------------------------------------------------------------------------------------

  test('a pool store lets a busy agent claim more tasks, and a draining one none', async () => {
    await busy('a1', { t: 1 });
    expect((await claim('a1', { t: 1, u: 2 })).kind).toBe('applied');
    expect(await agent('a1')).toMatchObject({ status: 'busy', tasks: { t: 1, u: 2 } });
    await store.transition('a1', 'retire', { nowMs: NOW_MS + 3 });
    expect((await claim('a1', { t: 1, u: 2, v: 3 })).kind).toBe('refused');
    expect(await agent('a1')).toMatchObject({ status: 'draining', tasks: { t: 1, u: 2 } });
    await ready('idle');
    expect((await store.transition('idle', 'retire', { nowMs: NOW_MS + 3 })).kind).toBe('refused');
  });

  test('a pool store takes a drain back only while the desired count still includes the agent', async () => {
    const resume = () => store.transition('a1', 'resume', { nowMs: NOW_MS + 5, unless: 'drainGeneration' });
    await busy();
    expect((await resume()).kind).toBe('refused');
    await store.transition('a1', 'retire', { nowMs: NOW_MS + 3 });
    expect(await resume()).toMatchObject({
      kind: 'applied',
      instance: { status: 'busy', tasks: { t: NOW_MS } },
    });
    await store.transition('a1', 'retire', { nowMs: NOW_MS + 6 });
    await store.transition('a1', 'drain', { nowMs: NOW_MS + 7, changes: { drainGeneration: 4 } });
    expect(await agent('a1')).toMatchObject({ status: 'draining', drainGeneration: 4 });
    expect((await resume()).kind).toBe('refused');
    expect((await agent('a1')).status).toBe('draining');
  });

  test('a pool store changes the slots of a live agent, and nothing else of it', async () => {
    await busy();
    const before = await agent('a1');
    await store.setSlots('a1', 16);
    expect(await agent('a1')).toEqual({ ...before, slots: 16 });
    await store.transition('a1', 'lose', { nowMs: NOW_MS + 3 });
    await store.setSlots('a1', 2);
    await store.setSlots('nobody', 2);
    expect((await store.instances()).instances.map(({ slots }) => slots)).toEqual([16]);
  });

  const IDS = ['a.b', 'a b', 'constructor', 'tâche-é', '\u{1F600}', '#task', ':t', 'tasks', 'x'.repeat(128)];

  test('a pool store records for an agent which of its tasks are cancelled, whatever their IDs', async () => {
    await busy('other', { another: NOW_MS });
    await busy('a1', Object.fromEntries([...IDS, 'goes on'].map((id, index) => [id, NOW_MS + index])));
    await Promise.all(IDS.map((id) => store.cancel('a1', id)));
    await store.cancel('a1', 'another');
    await store.cancel('a1', 'a');
    await store.cancel('other', 'a.b');
    const beaten = await store.heartbeat('a1', NOW_MS + 3);
    expect(beaten?.cancelledTasks?.toSorted()).toEqual(IDS.toSorted());
    expect(await agent('other')).not.toHaveProperty('cancelledTasks');
    await store.heartbeat('a1', NOW_MS + 4, { cancelledTasks: null });
    expect(await agent('a1')).not.toHaveProperty('cancelledTasks');
  });

  test('a pool store keeps 64 tasks with the longest IDs, and how the process fares', async () => {
    const tasks = Object.fromEntries(
      Array.from({ length: 64 }, (_, index) => [`${index}`.padEnd(128, '\u{1F680}'), NOW_MS + index]),
    );
    await busy('a1', tasks);
    const load = { cpuShare: 0.125, memoryMiB: 180, eventLoopDelayMs: 12 };
    await store.heartbeat('a1', NOW_MS + 3, { load, heldUpSinceMs: NOW_MS });
    expect(await agent('a1')).toMatchObject({ tasks, load, heldUpSinceMs: NOW_MS });
    await store.transition('a1', 'release', { nowMs: NOW_MS + 4, changes: { tasks: {} } });
    expect(await agent('a1')).toMatchObject({ status: 'ready', tasks: {} });
  });
});
