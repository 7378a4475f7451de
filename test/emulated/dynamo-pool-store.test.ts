// Covers: shared/aws/dynamo-history.ts, shared/aws/dynamo-neighbours.ts, shared/core/pool/agent-instance.ts, shared/core/pool/state.ts
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../shared/aws/clock.ts';
import { dynamoHistory } from '../../shared/aws/dynamo-history.ts';
import { dynamoNeighbours } from '../../shared/aws/dynamo-neighbours.ts';
import { dynamoPoolStore } from '../../shared/aws/dynamo-pool-store.ts';
import type { AgentInstance } from '../../shared/core/pool/agent-instance.ts';
import { bucketOf } from '../../shared/core/pool/minutes.ts';
import { tick } from '../../shared/runtime/tick.ts';
import { instance, pool } from '../unit/build.ts';
import { startTestStack, type TestStack } from './stack.ts';
import { type TickedPool, tickedPool } from './ticked-pool.ts';

let stack: TestStack;
beforeAll(async () => {
  stack = await startTestStack();
});
afterAll(() => stack.close());

let config: TickedPool['config'];
let store: TickedPool['store'];
let ports: TickedPool['ports'];
let backlogOf: TickedPool['backlogOf'];
beforeEach(() => {
  ({ backlogOf, config, store, ports } = tickedPool(stack));
});

const find = async (id: string): Promise<AgentInstance | undefined> =>
  (await stack.store.instances()).instances.find((candidate) => candidate.id === id);

test('when an agent claims a task while the scaler drains it, exactly one of them wins', async () => {
  const winners = { claim: 0, drain: 0 };
  for (let round = 0; round < 100; round++) {
    const id = `agent-${round}`;
    await stack.store.register(instance({ id }));
    const claim = () => stack.store.transition(id, 'claim', { nowMs: 1, changes: { tasks: { task: 1 } } });
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

test('when an agent with four slots claims its third task while it is drained, the record says which came first', async () => {
  const refusals = new Set<string>();
  for (let round = 0; round < 100; round++) {
    const id = `busy-${round}`;
    await stack.store.register(instance({ id, status: 'busy', slots: 4, tasks: { a: 1, b: 1 } }));
    const claim = () =>
      stack.store.transition(id, 'claim', { nowMs: 2, changes: { tasks: { a: 1, b: 1, c: 2 } } });
    const retire = () => stack.store.transition(id, 'retire', { nowMs: 2 });
    const isClaimFirst = round % 2 === 0;
    const results = await Promise.all(isClaimFirst ? [claim(), retire()] : [retire(), claim()]);
    const claimed = results[isClaimFirst ? 0 : 1];
    const { status, tasks } = (await find(id)) as AgentInstance;
    // A drain comes after any claim, and no claim after it. It takes no task away.
    expect(status).toBe('draining');
    expect(Object.keys(tasks)).toEqual(claimed?.kind === 'applied' ? ['a', 'b', 'c'] : ['a', 'b']);
    refusals.add(`${claimed?.kind}`);
  }
  expect(refusals).toEqual(new Set(['applied', 'refused']));
});

test('when a drain is taken back while the count is lowered for it, exactly one of them wins', async () => {
  const winners = { resume: 0, drain: 0 };
  for (let round = 0; round < 100; round++) {
    const id = `spare-${round}`;
    await stack.store.register(instance({ id, status: 'draining' }));
    const resume = () => stack.store.transition(id, 'resume', { nowMs: 2, unless: 'drainGeneration' });
    const drain = () => stack.store.transition(id, 'drain', { nowMs: 2, changes: { drainGeneration: 1 } });
    const results = await Promise.all(round % 2 === 0 ? [resume(), drain()] : [drain(), resume()]);
    expect(results.filter(({ kind }) => kind === 'applied')).toHaveLength(1);
    winners[(await find(id))?.status === 'busy' ? 'resume' : 'drain'] += 1;
  }
  expect(Math.min(winners.resume, winners.drain)).toBeGreaterThan(0);
});

test('an agent record is read back as it was written, and a rejected transition changes nothing', async () => {
  const written = instance({
    id: 'whole',
    status: 'busy',
    slots: 4,
    tasks: { task: 3, other: 4 },
    load: { cpuShare: 0.25, memoryMiB: 90, eventLoopDelayMs: 3 },
    readyAtMs: 5,
    lastUsedAtMs: 6,
    warmContexts: ['a', 'b'],
    minutes: [bucketOf(7, { completed: 1, durationMs: 2, queueWaitMs: 3, contextBytes: 4, late: 1 })],
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

test('an agent record is not reset by a second start under the same ID', async () => {
  const starting = instance({ id: 'once', status: 'starting' });
  await stack.store.register(starting);
  // The same write again, as the SDK makes it when an answer was lost.
  await stack.store.register(starting);
  await stack.store.transition('once', 'ready', { nowMs: 1 });
  await expect(stack.store.register(starting)).rejects.toThrow('agent once has been registered before');
  expect((await find('once'))?.status).toBe('ready');
});

test('an agent is marked lost only if it has not written since it was read', async () => {
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

test('pool state that no longer applies is removed from the item', async () => {
  const held = await store.acquireLease('a', Date.now(), 1_000);
  if (held.kind !== 'held') throw new Error('not held');
  await store.saveState(held.lease, {
    ...held.state,
    blocked: { sinceMs: 1, visible: [2], count: 2 },
    overdue: { sinceMs: 1, count: 2 },
  });
  await store.saveState(held.lease, held.state);
  const again = await store.acquireLease('a', Date.now(), 1_000);
  expect(again).toMatchObject({ state: held.state });
  expect(again).not.toHaveProperty('state.blocked');
  expect(again).not.toHaveProperty('state.overdue');
});

test('a forecaster state with an unknown version is discarded', async () => {
  const held = await store.acquireLease('a', Date.now(), 1_000);
  if (held.kind !== 'held') throw new Error('not held');
  await store.saveState(held.lease, { ...held.state, forecast: { version: 0 } as never });
  expect(await store.acquireLease('a', Date.now(), 1_000)).not.toHaveProperty('state.forecast');
});

test('history is stored by day and minute and read back with its gaps', async () => {
  const history = dynamoHistory(stack.table, config.name, systemClock);
  const of = (at: string, arrivals: number) => ({
    minute: Date.parse(at) / 60_000,
    arrivals,
    completed: 1,
    durationMs: 5,
  });
  await history.add([of('2026-01-05T23:59Z', 3), of('2026-01-06T00:00Z', 4)]);
  await history.add([of('2026-01-06T00:00Z', 5), of('2026-01-06T00:02Z', 6)]);
  const days = await history.days(0);
  expect(days.map(({ day }) => day)).toEqual([
    Date.UTC(2026, 0, 5) / 86_400_000,
    Date.UTC(2026, 0, 6) / 86_400_000,
  ]);
  expect(days[0]?.arrivals[1439]).toBe(3);
  expect(days[1]?.arrivals.slice(0, 4)).toEqual([5, undefined, 6, undefined]);
});

test('pools under one ceiling see what the others have and want, and no other pools', async () => {
  const ceiling = (priority: number) => ({ name: 'gpu', max: 20, priority });
  const [low, high, apart] = [
    pool({ name: `low-${config.name}`, ceiling: ceiling(0) }),
    pool({ name: `high-${config.name}`, ceiling: ceiling(9) }),
    pool({ name: `apart-${config.name}` }),
  ];
  const all = [low, high, apart];
  await tick(
    ports({ ...backlogOf(30), store: dynamoPoolStore(stack.table, high.name) }),
    { ...high, max: 12 },
    'a',
  );
  const beside = dynamoNeighbours(stack.table, low, all);
  expect(await beside.read()).toEqual([
    { pool: high.name, priority: 9, desired: 12, wanted: expect.any(Number), limits: [] },
  ]);
  expect(await dynamoNeighbours(stack.table, apart, all).read()).toEqual([]);
  expect(await dynamoNeighbours(stack.table, high, all).read()).toEqual([]);
});
