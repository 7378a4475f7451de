// Covers: agent/limits/agent-limits.ts, agent/limits/limit-window.ts, shared/core/guards/provider-limits.ts, shared/core/forecast/signals/limit-use.ts
import { once } from 'node:events';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import { startTestStack } from '../emulated/stack.ts';

const CALLS_PER_SECOND = 10;
const CALL_SECONDS = 2;
const CONCURRENCY = 4;
const TASKS = 300;
/** Agents whose slots the limit feeds: 20 in the mean, and one and a half standard deviations. */
const FED = Math.ceil((CALLS_PER_SECOND * CALL_SECONDS + 1.5 * Math.sqrt(20)) / CONCURRENCY);

/** A model's provider: a bucket that fills at its limit, and holds what two seconds bring. */
const accepted: number[] = [];
let refused = 0;
let level = 2 * CALLS_PER_SECOND;
let filledAt = performance.now();
const provider = createServer((_request, response: ServerResponse) => {
  const now = performance.now();
  level = Math.min(2 * CALLS_PER_SECOND, level + ((now - filledAt) / 1000) * CALLS_PER_SECOND);
  filledAt = now;
  if (level < 1) {
    refused += 1;
    response.writeHead(429, { 'retry-after': '1' }).end();
    return;
  }
  level -= 1;
  accepted.push(now);
  setTimeout(() => response.end('{}'), 1000 * CALL_SECONDS);
});
provider.listen(0, '127.0.0.1');
await once(provider, 'listening');
afterAll(() => provider.close());

const folder = await mkdtemp(join(tmpdir(), 'agentpool-limits-'));
const handler = join(folder, 'handler.mjs');
await writeFile(
  handler,
  `export default async (task, context, { acquire }) => {
    await acquire('model');
    const { status, headers } = await fetch(process.env.PROVIDER_URL);
    if (status === 429) throw Object.assign(new Error('too many requests'), { status, headers });
    return { result: status };
  };`,
);
const stack = await startTestStack(
  {
    handler,
    concurrency: CONCURRENCY,
    ordering: 'none',
    min: 1,
    max: 40,
    tickSeconds: 1,
    heartbeatSeconds: 0.5,
    cooldownSeconds: 0,
    stopTimeoutSeconds: 6,
    // Otherwise, the last of them would be left to fewer agents.
    objective: { withinSeconds: 5 },
    limits: [{ name: 'model', perMinute: { requests: 60 * CALLS_PER_SECOND } }],
    agent: { environment: { PROVIDER_URL: `http://127.0.0.1:${(provider.address() as AddressInfo).port}` } },
  },
  100,
  { scheduled: true },
);
afterAll(() => stack.close());

test('300 tasks behind a limit use it to nine tenths, are never given up, and start no more agents than it feeds', async () => {
  const ids = await stack.client.sendTasks(Array.from({ length: TASKS }, () => ({ payload: {} })));
  let most = 0;
  await vi.waitFor(
    async () => {
      const running = [...stack.stack.ecs.scheduler.tasks.values()].filter(
        ({ lastStatus }) => lastStatus !== 'STOPPED',
      );
      most = Math.max(most, running.length);
      expect(accepted.length).toBeGreaterThanOrEqual(TASKS);
    },
    { timeout: 120_000, interval: 200 },
  );
  const tasks = await Promise.all(ids.map((id) => stack.client.waitForTask(id, 30_000)));
  expect(tasks.every(({ status }) => status === 'done')).toBe(true);
  expect(await stack.deadLetters()).toEqual([]);
  // From the time when the agents are there until there are fewer tasks left than slots.
  const [from, to] = [0.3 * TASKS, 0.9 * TASKS].map((index) => accepted[index] ?? 0) as [number, number];
  const perSecond = (0.6 * TASKS) / ((to - from) / 1000);
  console.log(
    `${perSecond.toFixed(1)} of ${CALLS_PER_SECOND} calls a second, ${refused} refused, at most ${most} agents where ${FED} are fed`,
  );
  expect(perSecond).toBeGreaterThan(0.9 * CALLS_PER_SECOND);
  expect(most).toBeLessThanOrEqual(FED + 1);
  expect(refused).toBeLessThan(TASKS / 10);
});
