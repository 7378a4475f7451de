// Covers: shared/tasks/delivery.ts, agent/attempt.ts, sim/aws/sqs-queue.ts
import { describe, expect, test } from 'vitest';
import type { TaskStore } from '../../shared/ports/task-store.ts';
import type { FaultSource } from '../../sim/aws/faults.ts';
import type { Network } from '../../sim/production.ts';
import { pool } from '../unit/build.ts';
import { runLive } from './live-pool.ts';

const config = pool({
  name: 'sim',
  min: 2,
  max: 10,
  ordering: 'none',
  maxAttempts: 1,
  taskTimeoutSeconds: 39_600,
});

/** SQS delivers the first few messages twice, the second time within a minute. */
function twice(copies: number): FaultSource {
  let left = copies;
  return { isOver: false, strikes: (fault) => fault === 'delivered twice' && left-- > 0 };
}

describe('a message that SQS delivers twice', () => {
  test.each([
    [5, 1],
    [300, 1],
    [20_000, 1],
    [300, 4],
    [20_000, 4],
  ])(
    'runs its task of %d s once on agents with %d slots, and uses up one attempt',
    async (duration, concurrency) => {
      const calls: [string, number][] = [];
      const { ends } = await runLive(
        { ...config, concurrency },
        {
          sent: [0, 1, 2, 3, 4].map((index) => ({ atSeconds: index, payload: duration })),
          faults: twice(5),
          seconds: 100_000,
          async handler({ id, attempt }, { sleep }) {
            calls.push([id, attempt]);
            await sleep(duration);
          },
        },
      );
      expect(ends).toEqual(new Array(5).fill('done'));
      expect(calls.toSorted()).toEqual(['t0', 't1', 't2', 't3', 't4'].map((id) => [id, 1]));
    },
  );
});

/** The first agent that begins a task stands still before it reads the task's conversation. */
function standsStill(seconds: number): Network {
  let isFirst = true;
  return (process) => (_service, port) => {
    if (!('begin' in port)) return port;
    const tasks = port as unknown as TaskStore;
    const begin: TaskStore['begin'] = async (...task) => {
      const begun = await tasks.begin(...task);
      if (isFirst) process.freeze(1_000 * seconds);
      isFirst = false;
      return new Promise((resolve) => process.goOn(() => resolve(begun)));
    };
    return { ...port, begin };
  };
}

test('an agent that stands still while another one does its task does not run the task when it goes on', async () => {
  const calls: string[] = [];
  const { ends } = await runLive(
    { ...config, maxAttempts: 2 },
    {
      sent: [
        { atSeconds: 1, payload: null, contextId: 'c' },
        // By then, the agent has gone on.
        { atSeconds: 200, payload: null },
      ],
      network: standsStill(120),
      async handler({ id }) {
        calls.push(id);
      },
    },
  );
  expect(ends).toEqual(['done', 'done']);
  expect(calls).toEqual(['t0', 't1']);
});
