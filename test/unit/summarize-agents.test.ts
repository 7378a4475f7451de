import { describe, expect, test } from 'vitest';
import { summarize } from '../../shared/core/summarize-agents.ts';
import { instance, NOW_MS, pool } from './build.ts';

const context = { nowMs: NOW_MS, config: pool({ heartbeatSeconds: 30 }), generation: 4, fleet: undefined };
const fleet = { desired: 2, running: 2, pending: 0, revision: 'agents:1' };

describe('the order of scale-in', () => {
  test('agents of an old revision are drained first, then those with the least warm context, the longest idle and the oldest', () => {
    const ready = [
      instance({ id: 'newest', launchedAtMs: NOW_MS - 1 }),
      instance({ id: 'oldest', launchedAtMs: NOW_MS - 9 }),
      instance({ id: 'used lately', lastUsedAtMs: NOW_MS - 10 }),
      instance({ id: 'warm', warmContexts: ['c'], lastUsedAtMs: NOW_MS - 99 }),
      instance({ id: 'old revision', revision: 'agents:0', warmContexts: ['a', 'b'] }),
    ];
    expect(summarize(ready, 0, { ...context, fleet }).victims).toEqual([
      'old revision',
      'oldest',
      'newest',
      'used lately',
      'warm',
    ]);
  });

  test('only ready agents are drained', () => {
    const tasks = { t: NOW_MS };
    const others = (['starting', 'busy', 'cooldown', 'draining', 'stopped', 'lost'] as const).map((status) =>
      instance({ id: status, status, tasks }),
    );
    expect(summarize(others, 0, context).victims).toEqual([]);
  });
});

describe('an unresponsive agent', () => {
  const unresponsive = instance({ status: 'busy', heartbeatAtMs: NOW_MS - 90_001 });

  test('an agent that missed three heartbeats is neither supply nor load', () => {
    expect(summarize([unresponsive], 0, context)).toMatchObject({ busy: 0, unresponsive: 1 });
  });
  test('an agent counts until it has missed three heartbeats', () => {
    const heard = { ...unresponsive, heartbeatAtMs: NOW_MS - 90_000 };
    expect(summarize([heard], 0, context)).toMatchObject({ busy: 1, unresponsive: 0 });
  });
});

test('agents that ECS was asked for count as starting before they have a record', () => {
  expect(summarize([instance()], 0, { ...context, fleet: { ...fleet, desired: 5 } }).starting).toBe(4);
  expect(
    summarize([], 0, { ...context, fleet: { ...fleet, desired: 1, pending: 1, running: 0 } }).starting,
  ).toBe(1);
  expect(summarize([instance()], 0, context).starting).toBe(0);
});

test('a drain of another generation than the current one is an interrupted action', () => {
  const draining = [
    instance({ id: 'accounted', status: 'draining', drainGeneration: 4 }),
    instance({ id: 'unaccounted', status: 'draining', drainGeneration: 5 }),
  ];
  expect(summarize(draining, 0, context).unaccountedDrains).toEqual(['unaccounted']);
});

test('slots are used by tasks, and free where an agent takes another one', () => {
  const tasks = (count: number) => ({
    slots: 4,
    tasks: Object.fromEntries(Array.from({ length: count }, (_, index) => [`t${index}`, NOW_MS])),
  });
  const agents = [
    instance({ id: 'ready', ...tasks(0) }),
    instance({ id: 'cooldown', status: 'cooldown', ...tasks(0) }),
    instance({ id: 'one', status: 'busy', ...tasks(1) }),
    instance({ id: 'full', status: 'busy', ...tasks(4) }),
    instance({ id: 'over', status: 'busy', ...tasks(5) }),
    instance({ id: 'held up', status: 'busy', heldUpSinceMs: NOW_MS, ...tasks(2) }),
    instance({ id: 'deaf', notReceivingSinceMs: NOW_MS, ...tasks(0) }),
    instance({ id: 'draining', status: 'draining', ...tasks(3) }),
    instance({ id: 'starting', status: 'starting', ...tasks(0) }),
    instance({ id: 'unresponsive', status: 'busy', heartbeatAtMs: NOW_MS - 90_001, ...tasks(4) }),
  ];
  expect(summarize(agents, 0, context)).toMatchObject({
    slots: { used: 12, free: 11, unusable: 2, draining: 3 },
    heldUp: 1,
  });
});

test('a free slot has been idle since its agent last took or ended a task', () => {
  const busy = (changes: object) =>
    instance({ status: 'busy', slots: 4, statusSinceMs: NOW_MS - 900_000, ...changes });
  const idleOf = (changes: object) => summarize([busy(changes)], 0, context).idleSeconds;
  expect(idleOf({ tasks: { a: NOW_MS - 800_000, b: NOW_MS - 30_000 } })).toBe(30);
  expect(idleOf({ tasks: { a: NOW_MS - 800_000 }, lastUsedAtMs: NOW_MS - 7_000 })).toBe(7);
  expect(idleOf({ slots: 1, tasks: { a: NOW_MS - 800_000 } })).toBe(0);
});

test('the ages of tasks in progress are counted by powers of two seconds', () => {
  const busy = [0.2, 1, 3, 70, 100, 1e6].map((age, index) =>
    instance({ id: `b${index}`, status: 'busy', tasks: { t: NOW_MS - age * 1000 } }),
  );
  const { seconds, byAge } = summarize(busy, 0, context).running;
  expect(seconds).toBeCloseTo(1_000_174.2, 1);
  expect([byAge[0], byAge[1], byAge[6], byAge.at(-1), byAge.length]).toEqual([2, 1, 2, 1, 17]);
});

test('an idle agent whose receives fail is no supply, and goes first', () => {
  const deaf = instance({ id: 'deaf', notReceivingSinceMs: NOW_MS, statusSinceMs: NOW_MS - 900_000 });
  const seen = summarize([instance({ id: 'a' }), deaf], 0, context);
  expect(seen).toMatchObject({ ready: 1, notReceiving: 1, idleSeconds: 0 });
  expect(seen.victims[0]).toBe('deaf');
});
