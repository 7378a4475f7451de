// Covers: agent/limits/agent-limits.ts, agent/run-handler.ts, agent/commit.ts, sim/production.ts
import { describe, expect, test } from 'vitest';
import { RetryLater } from '../../agent/retry-later.ts';
import { pool } from '../unit/build.ts';
import { type Handler, runLive } from './live-pool.ts';

const PER_MINUTE = 60;
const limits = [{ name: 'model', perMinute: { requests: PER_MINUTE } }];
const config = (changes = {}) =>
  pool({ name: 'sim', min: 8, max: 8, ordering: 'none', retryLaterForSeconds: 39_600, ...changes });
const tasks = (count: number) => Array.from({ length: count }, () => ({ atSeconds: 1, payload: null }));

/** A service that refuses what is more than its limit, for a quarter of a minute. */
function provider() {
  const tookAtMs: number[] = [];
  const refusedAtMs: number[] = [];
  return {
    refusedAtMs,
    call(nowMs: number) {
      const lately = tookAtMs.filter((atMs) => nowMs - atMs < 60_000).length;
      // As providers do, it closes an eye to clocks and networks that differ.
      if (lately < 1.1 * PER_MINUTE) return void tookAtMs.push(nowMs);
      refusedAtMs.push(nowMs);
      throw Object.assign(new Error('rate limited'), { status: 429, headers: { 'retry-after': '15' } });
    },
  };
}

describe('a pool whose tasks need more than its provider gives', () => {
  const run = async (changes: object, takes: boolean) => {
    const { call, refusedAtMs } = provider();
    const handler: Handler = async (_task, { acquire, sleep, now }) => {
      if (takes) await acquire('model');
      call(now());
      await sleep(2);
    };
    const { ends, endedAtSeconds } = await runLive(config(changes), { sent: tasks(300), handler });
    return { ends: new Set(ends), endedAtSeconds, refused: refusedAtMs.length };
  };

  test('taking from the limit, it is never refused, and uses all that the provider gives', async () => {
    const { ends, endedAtSeconds, refused } = await run({ limits }, true);
    expect(ends).toEqual(new Set(['done']));
    expect(refused).toBe(0);
    // Three hundred calls take five minutes.
    expect(endedAtSeconds).toBeLessThan(330);
  });

  test('without taking from the limit, it is refused again and again', async () => {
    const { ends, refused } = await run({ limits }, false);
    expect(ends).toEqual(new Set(['done']));
    expect(refused).toBeGreaterThan(20);
  });
});

test('a refused call keeps every agent from the provider until it takes calls again', async () => {
  const calledAtSeconds: number[] = [];
  let startMs: number | undefined;
  const handler: Handler = async (_task, { acquire, now }) => {
    await acquire('model');
    const isFirst = startMs === undefined;
    startMs ??= now();
    calledAtSeconds.push((now() - startMs) / 1000);
    if (isFirst) throw new RetryLater({ afterSeconds: 120, limit: 'model' });
  };
  const sent = Array.from({ length: 20 }, (_, index) => ({ atSeconds: 1 + 3 * index, payload: null }));
  const { ends } = await runLive(config({ limits }), { sent, handler });
  expect(new Set(ends)).toEqual(new Set(['done']));
  expect(calledAtSeconds.length).toBe(21);
  // Clocks differ by two seconds, to either side.
  expect(Math.min(...calledAtSeconds.slice(1))).toBeGreaterThanOrEqual(120 - 4);
});
