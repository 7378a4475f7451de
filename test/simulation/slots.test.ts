// Covers: agent/poll.ts, agent/work-on.ts, sim/aws/sqs-queue.ts
import { expect, test } from 'vitest';
import type { PoolConfig } from '../../shared/core/pool/config.ts';
import { pool } from '../unit/build.ts';
import { type Handler, runLive, type Sent } from './live-pool.ts';

/** One agent with four slots. */
const config = pool({ name: 'sim', min: 1, max: 1, concurrency: 4, maxAttempts: 3 });

/** Sends turns of one conversation at once. An agent with free slots receives those that are there together. */
const sendsTurns = (turns: number): Handler => {
  const tasks = Array.from({ length: turns }, (_, turn) => ({
    id: `turn-${turn}`,
    payload: `turn ${turn}`,
    contextId: 'c',
  }));
  return async ({ payload }, { client }) => {
    if (payload === 'sender') await client.sendTasks(tasks);
  };
};
const SENDER: readonly Sent[] = [{ atSeconds: 1, payload: 'sender' }];
const inOrder = [0, 1, 2].flatMap((turn) => [`turn ${turn} begins`, `turn ${turn} ends`]);

/** Runs the tasks for 30 s each, and says what began and ended when. */
async function watch(
  sent: readonly Sent[],
  { pool: of = config, before = async () => {} }: { pool?: PoolConfig; before?: Handler } = {},
) {
  const log: string[] = [];
  let atOnce = 0;
  let mostAtOnce = 0;
  const run = await runLive(of, {
    sent,
    async handler(task, tools) {
      atOnce += 1;
      mostAtOnce = Math.max(mostAtOnce, atOnce);
      try {
        log.push(`${task.payload} begins`);
        await before(task, tools);
        await tools.sleep(30);
        log.push(`${task.payload} ends`);
      } finally {
        atOnce -= 1;
      }
    },
  });
  return { ...run, mostAtOnce, turns: log.filter((line) => line.startsWith('turn')) };
}

test('an agent with four slots works on four tasks at a time, and on no more', async () => {
  const sent = Array.from({ length: 12 }, () => ({ atSeconds: 1, payload: 'task' }));
  const { mostAtOnce, ends, waits, endedAtSeconds } = await watch(sent);
  expect(ends).toEqual(new Array(12).fill('done'));
  expect(mostAtOnce).toBe(4);
  // Three rounds of 30 s: as soon as a slot is free, it's used.
  expect(endedAtSeconds).toBeLessThan(95);
  expect(waits.filter((wait) => wait < 5)).toHaveLength(4);
});

test('turns of one conversation that an agent receives together run in their order, one at a time', async () => {
  const { turns } = await watch(SENDER, { before: sendsTurns(3) });
  expect(turns).toEqual(inOrder);
});

test('when the first of several turns fails, those behind it wait for its next attempt', async () => {
  const attempts: string[] = [];
  const before: Handler = async (task, tools) => {
    attempts.push(`${task.payload}, attempt ${task.attempt}`);
    await sendsTurns(3)(task, tools);
    // Its first attempt begins before the others are sent, its second together with them.
    if (task.payload === 'turn 0' && task.attempt < 3) throw new Error('not yet');
  };
  const { turns } = await watch(SENDER, { before });
  expect(turns).toEqual(['turn 0 begins', 'turn 0 begins', ...inOrder]);
  expect(attempts.toSorted()).toEqual([
    'sender, attempt 1',
    'turn 0, attempt 1',
    'turn 0, attempt 2',
    'turn 0, attempt 3',
    'turn 1, attempt 1',
    'turn 2, attempt 1',
  ]);
});

test('turns of other conversations do not wait for one that takes long', async () => {
  const sent = ['a', 'b', 'c'].flatMap((contextId) =>
    [0, 1].map((turn) => ({ atSeconds: 1 + turn, payload: `turn ${contextId}${turn}`, contextId })),
  );
  const { ends, endedAtSeconds, mostAtOnce } = await watch(sent);
  expect(ends).toEqual(new Array(6).fill('done'));
  expect(mostAtOnce).toBe(3);
  expect(endedAtSeconds).toBeLessThan(70);
});
