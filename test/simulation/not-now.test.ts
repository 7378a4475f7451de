// Covers: agent/retry-later.ts, shared/core/pool/receives.ts
import { describe, expect, test } from 'vitest';
import { RetryLater } from '../../agent/retry-later.ts';
import { receivesOf } from '../../shared/core/pool/receives.ts';
import { pool } from '../unit/build.ts';
import { type Handler, runLive } from './live-pool.ts';

const tasks = Array.from({ length: 10 }, (_, index) => ({ atSeconds: 10 + index, payload: index }));
const config = (changes = {}) => pool({ name: 'sim', min: 2, max: 10, ordering: 'none', ...changes });

/** A provider that answers "try again in 20 s" until some time after the first call. */
function outage(seconds: number): { readonly handler: Handler; readonly calls: () => number } {
  let calls = 0;
  let firstMs: number | undefined;
  return {
    calls: () => calls,
    async handler(_task, { now }) {
      calls += 1;
      firstMs ??= now();
      if (now() - firstMs < 1_000 * seconds)
        throw Object.assign(new Error('rate limited'), { status: 429, headers: { 'retry-after': '20' } });
    },
  };
}

describe('a provider that says "not now"', () => {
  test.each([15, 600, 3_000])('for %d s fails no task', async (seconds) => {
    const { handler } = outage(seconds);
    const { ends } = await runLive(config(), { sent: tasks, handler });
    expect(new Set(ends)).toEqual(new Set(['done']));
  });
  test('for longer than the pool allows fails its tasks, and no longer than that', async () => {
    const { handler } = outage(1e9);
    const { ends, endedAtSeconds } = await runLive(config({ retryLaterForSeconds: 300 }), {
      sent: tasks,
      handler,
    });
    expect(new Set(ends)).toEqual(new Set(['failed']));
    expect(endedAtSeconds).toBeLessThan(500);
  });
  test('is asked ever more rarely, so that SQS never moves a message by itself', async () => {
    const { handler, calls } = outage(39_000);
    const forever: Handler = (task, tools) =>
      handler(task, tools).catch(() => {
        throw new RetryLater({ afterSeconds: 0 });
      });
    const given = config({ retryLaterForSeconds: 39_600 });
    const { ends } = await runLive(given, { sent: tasks.slice(0, 1), handler: forever, seconds: 50_000 });
    expect(ends).toEqual(['done']);
    expect(calls()).toBeLessThan(receivesOf(given));
  });
});

test('a task that fails is attempted again after the pauses that its pool sets', async () => {
  const retrying = pool({
    min: 1,
    maxAttempts: 5,
    retryBackoff: { firstSeconds: 20, factor: 3, atMostSeconds: 100 },
  });
  const startedAtMs: number[] = [];
  const { ends } = await runLive(retrying, {
    sent: [{ atSeconds: 1, payload: null }],
    handler: async (_task, { now }) => {
      startedAtMs.push(now());
      throw new Error('not today');
    },
  });
  expect(ends).toEqual(['failed']);
  const pauses = startedAtMs.slice(1).map((atMs, index) => (atMs - (startedAtMs[index] ?? 0)) / 1000);
  // An agent's receive takes no time here.
  expect(pauses.map(Math.round)).toEqual([20, 60, 100, 100]);
});
