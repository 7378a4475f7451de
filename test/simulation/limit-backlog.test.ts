// Covers: agent/poll.ts, agent/limits/limit-queue.ts, agent/limits/usual-limits.ts, agent/commit.ts
import { describe, expect, test } from 'vitest';
import { RetryLater } from '../../agent/retry-later.ts';
import type { PoolConfig } from '../../shared/core/pool/config.ts';
import { pool } from '../unit/build.ts';
import { type Handler, runLive, type Sent } from './live-pool.ts';

/** Many more slots than the limit feeds: 48 for five calls a minute. */
const config: PoolConfig = pool({
  name: 'sim',
  min: 6,
  max: 6,
  concurrency: 8,
  ordering: 'none',
  retryLaterForSeconds: 60,
  limits: [{ name: 'model', perMinute: { requests: 5 } }],
});
const tasks = (count: number, atSeconds: number): readonly Sent[] =>
  Array.from({ length: count }, () => ({ atSeconds, payload: null }));

/** When each task's call was made, and how often its handler was called for that. */
async function run(sent: readonly Sent[], changes: object = {}) {
  const calledAt = new Map<string, number>();
  const calls = new Map<string, number>();
  let startMs: number | undefined;
  const handler: Handler = async ({ id }, { acquire, sleep, now }) => {
    startMs ??= now();
    calls.set(id, (calls.get(id) ?? 0) + 1);
    await acquire('model');
    calledAt.set(id, (now() - startMs) / 1_000);
    await sleep(2);
  };
  const { ends, waits } = await runLive({ ...config, ...changes }, { sent, handler, seconds: 10_000 });
  return { ends: new Set(ends), waits, calledAt, calls };
}

describe('a backlog of tasks that all need a limit', () => {
  test('no task fails because the limit is busy for longer than a task may be put off by its service', async () => {
    const { ends } = await run(tasks(60, 1));
    expect(ends).toEqual(new Set(['done']));
  });

  test('stays in the queue, where it counts as waiting, instead of starting again and again', async () => {
    const { waits, calledAt, calls } = await run(tasks(60, 1));
    const attempts = [...calls.values()].reduce((sum, each) => sum + each, 0);
    expect(attempts).toBeLessThan(4 * 60);
    // The last ones start when it's nearly their turn, some twelve minutes later.
    expect(Math.max(...waits)).toBeGreaterThan(0.8 * Math.max(...calledAt.values()));
  });

  test('is worked on before what comes much later', async () => {
    const { calledAt } = await run([...tasks(60, 1), ...tasks(10, 400)]);
    const last = (ids: readonly number[]) => Math.max(...ids.map((id) => calledAt.get(`t${id}`) ?? Infinity));
    const first = Array.from({ length: 60 }, (_, id) => id);
    const later = Array.from({ length: 10 }, (_, id) => 60 + id);
    expect(last(first)).toBeLessThan(last(later) + 60);
  });

  test('uses all that the limit gives', async () => {
    const { calledAt } = await run(tasks(60, 1));
    // Sixty calls at five a minute.
    expect(Math.max(...calledAt.values())).toBeLessThan(1.1 * 720);
  });
});

test('tasks that need no limit do not wait for the few that do', async () => {
  const doneAt: number[] = [];
  let startMs: number | undefined;
  const handler: Handler = async ({ payload }, { acquire, sleep, now }) => {
    startMs ??= now();
    if (payload === 'model') await acquire('model');
    await sleep(2);
    if (payload === 'none') doneAt.push((now() - startMs) / 1_000);
  };
  const sent = Array.from({ length: 400 }, (_, each) => ({
    atSeconds: 1,
    payload: each % 10 === 0 ? 'model' : 'none',
  }));
  const { ends } = await runLive(config, { sent, handler, seconds: 10_000 });
  expect(new Set(ends)).toEqual(new Set(['done']));
  // At 48 at a time, 360 tasks of two seconds take 15 seconds, and up to 40 slots wait half a minute for their turn.
  expect(Math.max(...doneAt)).toBeLessThan(60);
});

test('a task that meets a closed limit is put off until it opens, and not tried in between', async () => {
  let calls = 0;
  const handler: Handler = async ({ payload }, { acquire }) => {
    if (payload === 'none') return;
    if (payload === 'meets') calls += 1;
    await acquire('model');
    if (payload === 'closes' && calls === 0) throw new RetryLater({ afterSeconds: 600, limit: 'model' });
  };
  // Most need no limit, so no agent leaves tasks in the queue for its line.
  const sent = Array.from({ length: 40 }, () => ({ atSeconds: 1, payload: 'none' }));
  const both = [
    { atSeconds: 10, payload: 'closes' },
    { atSeconds: 20, payload: 'meets' },
  ];
  const { ends } = await runLive(
    { ...config, retryLaterForSeconds: 3_600 },
    { sent: [...sent, ...both], handler },
  );
  expect(new Set(ends)).toEqual(new Set(['done']));
  expect(calls).toBe(2);
});
