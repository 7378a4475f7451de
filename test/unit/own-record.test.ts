import { expect, test, vi } from 'vitest';
import { type Agent, createShutdown } from '../../agent/agent.ts';
import { createCancellations } from '../../agent/cancellations.ts';
import { agentCounts } from '../../agent/minute-counts.ts';
import { ownRecord } from '../../agent/own-record.ts';
import type { AgentInstance } from '../../shared/core/pool/agent-instance.ts';
import type { PoolStore } from '../../shared/ports/pool-store.ts';
import { DynamoRecords } from '../../sim/aws/dynamo-records.ts';
import { instance, NOW_MS, pool } from './build.ts';

type Answer = 'as it is' | 'fails' | 'is lost';

/** An agent's record in a simulated table, whose writes answer as `answers` says, and how many it took. */
async function recordOf(changes: Partial<AgentInstance> = {}) {
  const store = new DynamoRecords().poolStore();
  const registered = instance({ slots: 16, ...changes });
  await store.register(registered);
  const answers: Answer[] = [];
  const seen = { writes: 0, atOnce: 0, mostAtOnce: 0 };
  let nowMs = NOW_MS;
  async function answer<T>(write: () => Promise<T>): Promise<T> {
    seen.writes += 1;
    seen.atOnce += 1;
    seen.mostAtOnce = Math.max(seen.mostAtOnce, seen.atOnce);
    // As a call over a network, it takes some turns.
    await new Promise((resolve) => setImmediate(resolve));
    seen.atOnce -= 1;
    const kind = answers.shift() ?? 'as it is';
    if (kind === 'fails') throw new Error('throttled');
    const written = await write();
    if (kind === 'is lost') throw new Error('timed out');
    return written;
  }
  const counted: Pick<PoolStore, 'transition' | 'heartbeat'> = {
    transition: (...given) => answer(() => store.transition(...given)),
    heartbeat: (...given) => answer(() => store.heartbeat(...given)),
  };
  const shutdown = createShutdown();
  const cancel = vi.fn();
  const clock = { now: () => nowMs, elapsed: () => nowMs, sleep: async () => {} };
  const agent = {
    config: pool({ concurrency: 16, cooldownSeconds: 30 }),
    ports: { store: counted, clock, limits: { usage: () => ({}) } },
    shutdown,
  } as unknown as Agent;
  const work = { counts: agentCounts(clock), cancellations: { ...createCancellations(), cancel } };
  return {
    record: ownRecord(agent, work, registered),
    store,
    answers,
    seen,
    shutdown,
    cancel,
    pass: (ms: number) => {
      nowMs += ms;
    },
    stored: async () => (await store.instance(registered.id)) as AgentInstance,
  };
}

const IDS = Array.from({ length: 16 }, (_, index) => `t${index}`);

test('however many tasks start and end at once, an agent writes its record a few times', async () => {
  const { record, seen, stored } = await recordOf();
  const first = record.claim('t0');
  await new Promise((resolve) => setImmediate(resolve));
  const claims = await Promise.all([first, ...IDS.slice(1).map((id) => record.claim(id))]);
  expect(claims.every(Boolean)).toBe(true);
  expect(Object.keys((await stored()).tasks).toSorted()).toEqual(IDS.toSorted());
  expect(seen.writes).toBe(2);
  await Promise.all(IDS.map((id) => record.release(id, {})));
  expect(await stored()).toMatchObject({ status: 'ready', tasks: {} });
  expect(seen).toMatchObject({ writes: 3, mostAtOnce: 1 });
});

test('an agent never has two writes of its record under way', async () => {
  const { record, seen, stored } = await recordOf({ status: 'starting' });
  const saved = record.save();
  const isReady = record.become('ready', { readyAtMs: NOW_MS });
  const all = await Promise.all([saved, isReady, record.save({ contextBytes: 7 }), record.save()]);
  expect(all[1]).toBe(true);
  expect(seen.mostAtOnce).toBe(1);
  expect(record.instance()).toEqual(await stored());
  expect(record.takesTasks()).toBe(true);
});

test('what a failed write of a record left out is in the next one', async () => {
  const { record, answers, stored } = await recordOf();
  await record.claim('a');
  await record.claim('b');
  answers.push('fails', 'fails');
  const warm = { contextId: 'c', contextBytes: 12 };
  await expect(record.release('a', { warm })).rejects.toThrow('throttled');
  await expect(record.save({ notReceivingSinceMs: NOW_MS })).rejects.toThrow('throttled');
  await record.save();
  expect(await stored()).toMatchObject({
    tasks: { b: NOW_MS },
    contextBytes: 12,
    warmContexts: ['c'],
    lastUsedAtMs: NOW_MS,
    notReceivingSinceMs: NOW_MS,
  });
});

test.each<Answer>(['fails', 'is lost'])(
  'a claim that %s counts as none, and the next write names no such task',
  async (answer) => {
    const { record, answers, stored } = await recordOf();
    answers.push(answer);
    await expect(record.claim('a')).rejects.toThrow();
    expect(record.names('a')).toBe(false);
    expect(await record.claim('b')).toBe(true);
    expect(await stored()).toMatchObject({ status: 'busy', tasks: { b: NOW_MS } });
  },
);

test('a claim that a drain has preceded is refused, and the record does not name its task', async () => {
  const { record, store, stored, shutdown } = await recordOf();
  await record.claim('a');
  await store.transition('agent-0', 'retire', { nowMs: NOW_MS });
  expect(await Promise.all([record.claim('b'), record.claim('c')])).toEqual([false, false]);
  expect(await stored()).toMatchObject({ status: 'draining', tasks: { a: NOW_MS } });
  expect([record.takesTasks(), record.names('a'), record.names('b')]).toEqual([false, true, false]);
  expect(shutdown.cause()).toBeUndefined();
});

test('a draining agent stays until the count has been lowered for it, and its last task has ended', async () => {
  const { record, store, shutdown } = await recordOf();
  await record.claim('a');
  await store.transition('agent-0', 'retire', { nowMs: NOW_MS });
  await record.save();
  await store.transition('agent-0', 'drain', { nowMs: NOW_MS, changes: { drainGeneration: 3 } });
  await record.save();
  expect(shutdown.cause()).toBeUndefined();
  await record.release('a', {});
  expect(shutdown.cause()).toBe('drained');

  const other = await recordOf();
  await other.record.claim('a');
  await other.store.transition('agent-0', 'retire', { nowMs: NOW_MS });
  await other.record.release('a', {});
  expect(other.shutdown.cause()).toBeUndefined();
  await other.store.transition('agent-0', 'drain', { nowMs: NOW_MS, changes: { drainGeneration: 3 } });
  await other.record.save();
  expect(other.shutdown.cause()).toBe('drained');
});

test('an agent whose drain is taken back takes tasks, and is ready if it has none', async () => {
  const { record, store, stored } = await recordOf();
  await record.claim('a');
  await store.transition('agent-0', 'retire', { nowMs: NOW_MS });
  await record.release('a', {});
  expect([(await stored()).status, record.takesTasks()]).toEqual(['draining', false]);
  await store.transition('agent-0', 'resume', { nowMs: NOW_MS, unless: 'drainGeneration' });
  await record.save();
  expect([(await stored()).status, record.takesTasks()]).toEqual(['busy', true]);
  await record.save();
  expect([(await stored()).status, record.takesTasks()]).toEqual(['ready', true]);
});

test('an agent cools down after its last turn of a conversation, and settles when the cooldown is over', async () => {
  const { record, stored, pass } = await recordOf();
  await record.claim('a');
  await record.claim('b');
  await record.release('a', {});
  expect((await stored()).status).toBe('busy');
  await record.release('b', { warm: { contextId: 'c', contextBytes: 1 } });
  expect((await stored()).status).toBe('cooldown');
  pass(29_999);
  await record.save();
  expect((await stored()).status).toBe('cooldown');
  pass(1);
  await record.save();
  expect((await stored()).status).toBe('ready');
});

test('an agent lists the four contexts that it used last', async () => {
  const { record, stored } = await recordOf({ warmContexts: ['x', 'a'] });
  await Promise.all(IDS.slice(0, 4).map((id) => record.claim(id)));
  const releases = ['a', 'b', 'c', 'd'].map((contextId, index) =>
    record.release(`t${index}`, { warm: { contextId, contextBytes: index } }),
  );
  await Promise.all(releases);
  expect(await stored()).toMatchObject({ warmContexts: ['d', 'c', 'b', 'a'], contextBytes: 3 });
});

test('an agent learns which of its tasks are cancelled, and forgets it with its last task', async () => {
  const { record, store, stored, cancel } = await recordOf();
  await record.claim('a');
  await record.claim('b');
  await Promise.all([store.cancel('agent-0', 'a'), store.cancel('agent-0', 'b')]);
  await record.save();
  expect(cancel.mock.calls.flat().toSorted()).toEqual(['a', 'b']);
  await record.release('a', {});
  await record.release('b', {});
  expect(await stored()).not.toHaveProperty('cancelledTasks');
});

test('an agent that was marked lost stops with its next write', async () => {
  const { record, store, shutdown } = await recordOf();
  await store.transition('agent-0', 'lose', { nowMs: NOW_MS });
  expect(await record.claim('a')).toBe(false);
  expect(shutdown.cause()).toBe('lost');
});
