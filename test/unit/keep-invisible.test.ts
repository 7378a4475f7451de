import { expect, test } from 'vitest';
import { keepInvisible } from '../../agent/keep-invisible.ts';
import type { NotExtended, QueueMessage, TaskQueue } from '../../shared/ports/task-queue.ts';
import { NOW_MS } from './build.ts';
import { virtualClock } from './virtual-clock.ts';

const messageOf = (messageId: string) => ({ messageId }) as QueueMessage;
const many = (count: number) => Array.from({ length: count }, (_, index) => messageOf(`m${index}`));
const idsOf = (messages: readonly QueueMessage[]) => messages.map(({ messageId }) => messageId);

/** A keeper, and what it asks of a queue with this `extend`; times in seconds. */
function keeperOf(
  extend: (messages: readonly QueueMessage[], call: number) => Promise<readonly NotExtended[]>,
) {
  const clock = virtualClock();
  const calls: { atSeconds: number; ids: readonly string[] }[] = [];
  const queue: Pick<TaskQueue, 'extend'> = {
    extend(messages) {
      calls.push({ atSeconds: secondsOf(clock.now()), ids: idsOf(messages) });
      return extend(messages, calls.length);
    },
  };
  return { keeper: keepInvisible({ queue: queue as TaskQueue, clock }, 120), calls, clock };
}

const secondsOf = (atMs: number) => (atMs - NOW_MS) / 1000;

test('the message of a running task is extended at half of its visibility timeout, until the task ends', async () => {
  const { keeper, calls } = keeperOf(async (_messages, call) => {
    if (call === 3) kept.done();
    return [];
  });
  const kept = keeper.keep(messageOf('m'));
  await keeper.ended();
  expect(calls.map(({ atSeconds }) => atSeconds)).toEqual([60, 120, 180]);
  expect(kept.lost.aborted).toBe(false);
});

test('a message is lost when it cannot be extended before its visibility timeout ends, and not earlier', async () => {
  const { keeper, calls, clock } = keeperOf(() => Promise.reject(new Error('throttled')));
  const kept = keeper.keep(messageOf('m'));
  await keeper.ended();
  expect(kept.lost.aborted).toBe(true);
  // At 120 it is visible to others.
  expect(calls.map(({ atSeconds }) => atSeconds)).toEqual([60, 75, 90, 105]);
  expect(secondsOf(clock.now())).toBe(105);
});

test('messages are extended ten at a time', async () => {
  const { keeper, calls } = keeperOf(async (_messages, call) => {
    if (call === 3) for (const { done } of kept) done();
    return [];
  });
  const kept = many(23).map((message) => keeper.keep(message));
  await keeper.ended();
  expect(calls.map(({ ids }) => ids.length)).toEqual([10, 10, 3]);
  expect(calls.flatMap(({ ids }) => ids)).toEqual(idsOf(many(23)));
});

test('a message that is not extended is tried again by itself, and lost without the others', async () => {
  const { keeper, calls } = keeperOf(async (messages, call) => {
    if (call === 6) good?.done();
    return messages
      .filter(({ messageId }) => messageId === 'm1')
      .map((message) => ({ message, reason: 'gone' }));
  });
  const [good, bad] = many(2).map((message) => keeper.keep(message));
  await keeper.ended();
  expect(calls).toEqual([
    { atSeconds: 60, ids: ['m0', 'm1'] },
    { atSeconds: 75, ids: ['m1'] },
    { atSeconds: 90, ids: ['m1'] },
    // The good one is due so soon that it goes along.
    { atSeconds: 105, ids: ['m0', 'm1'] },
    { atSeconds: 165, ids: ['m0'] },
    { atSeconds: 225, ids: ['m0'] },
  ]);
  expect([good?.lost.aborted, bad?.lost.aborted]).toEqual([false, true]);
});

test('a message whose task has ended is not extended, while others are', async () => {
  const { keeper, calls } = keeperOf(async () => {
    last?.done();
    return [];
  });
  const [first, last] = many(2).map((message) => keeper.keep(message));
  first?.done();
  await keeper.ended();
  expect(calls).toEqual([{ atSeconds: 60, ids: ['m1'] }]);
});

test('a message that comes just when the last one is done is extended', async () => {
  // However many turns the loop takes to end.
  for (let turns = 0; turns < 10; turns++) {
    const { keeper, calls } = keeperOf(async () => {
      next.done();
      return [];
    });
    const last = keeper.keep(messageOf('last'));
    last.done();
    for (let turn = 0; turn < turns; turn++) await Promise.resolve();
    const next = keeper.keep(messageOf('next'));
    await keeper.ended();
    expect(calls.map(({ ids }) => ids)).toEqual([['next']]);
  }
});
