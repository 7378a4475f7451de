// Covers: agent/keep-invisible.ts, agent/minute-counts.ts, agent/run-handler.ts, agent/heartbeat-loop.ts
import { describe, expect, test, vi } from 'vitest';
import { type Agent, createShutdown } from '../../agent/agent.ts';
import { createCancellations } from '../../agent/cancellations.ts';
import type { AgentHandler } from '../../agent/handler.ts';
import { heartbeatLoop } from '../../agent/heartbeat-loop.ts';
import { keepInvisible } from '../../agent/keep-invisible.ts';
import { agentCounts } from '../../agent/minute-counts.ts';
import { runHandler } from '../../agent/run-handler.ts';
import type { QueueMessage, TaskQueue } from '../../shared/ports/task-queue.ts';
import { instance, NOW_MS, pool } from './build.ts';
import { virtualClock } from './virtual-clock.ts';

const message: QueueMessage = {
  messageId: 'm',
  receiptHandle: 'r',
  deliveryId: 'd',
  body: '',
  attributes: {},
  receiveCount: 1,
  sentAtMs: 0,
  firstReceivedAtMs: 0,
};

describe('the message of a running task', () => {
  test('the message of a running task is extended at half of its visibility timeout, until the task ends', async () => {
    const clock = virtualClock();
    const done = new AbortController();
    const atSeconds: number[] = [];
    const extend = async () => {
      atSeconds.push((clock.now() - NOW_MS) / 1000);
      if (atSeconds.length === 3) done.abort();
    };
    const onLost = vi.fn();
    const ports = { queue: { extend } as unknown as TaskQueue, clock };
    await keepInvisible(ports, { message, visibilitySeconds: 120, done: done.signal, onLost });
    expect(atSeconds).toEqual([60, 120, 180]);
    expect(onLost).not.toHaveBeenCalled();
  });

  test('a message is lost when it cannot be extended before its visibility timeout ends, and not earlier', async () => {
    const clock = virtualClock();
    const extend = () => Promise.reject(new Error('throttled'));
    const onLost = vi.fn();
    const never = new AbortController().signal;
    const ports = { queue: { extend } as unknown as TaskQueue, clock };
    await keepInvisible(ports, { message, visibilitySeconds: 120, done: never, onLost });
    expect(onLost).toHaveBeenCalledTimes(1);
    // Tried at 60, 75, 90 and 105 seconds; at 120 it is visible to others.
    expect((clock.now() - NOW_MS) / 1000).toBe(105);
  });
});

describe('a handler', () => {
  const run = (handler: AgentHandler, signal = new AbortController().signal) => {
    const clock = virtualClock();
    const task = { id: 't', contextId: undefined, payload: 1, attempt: 1, progress: undefined };
    const outcome = runHandler({
      handler,
      task,
      context: 'before',
      progress: () => {},
      send: async () => '',
      limits: () => ({ acquire: async () => {}, used: () => {} }),
      timeoutMs: 60_000,
      signal,
      graceMs: (cause) => (cause === 'stopping' ? 84_000 : 5_000),
      clock,
    });
    return outcome.then((result) => ({ result, seconds: (clock.now() - NOW_MS) / 1000 }));
  };
  const hang: AgentHandler = () => new Promise(() => {});

  test('a handler that returns in time is not aborted', async () => {
    let seen: AbortSignal | undefined;
    const { result } = await run(async (_task, context, { signal }) => {
      seen = signal;
      return { result: 'r', context };
    });
    expect(result).toEqual({ kind: 'returned', result: 'r', context: 'before' });
    expect(seen?.aborted).toBe(false);
  });

  test('a handler that goes on after its timeout is stuck once its grace period ends', async () => {
    expect(await run(hang)).toEqual({ result: { kind: 'stuck', cause: 'timeout' }, seconds: 65 });
  });

  test('a handler of a stopping agent gets the time that SIGTERM leaves', async () => {
    const stopping = AbortSignal.abort('stopping');
    expect(await run(hang, stopping)).toEqual({ result: { kind: 'stuck', cause: 'stopping' }, seconds: 84 });
  });

  test('a handler that ends when aborted counts as aborted, whatever it throws', async () => {
    const ends: AgentHandler = (_task, _context, { signal }) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(new TypeError('odd'))));
    expect((await run(ends)).result).toEqual({ kind: 'aborted', cause: 'timeout' });
  });
});

describe('the heartbeat loop', () => {
  const beat = async (status: 'ready' | 'draining' | undefined, beats: number) => {
    const done = new AbortController();
    const protect = vi.fn(async () => true);
    const shutdown = createShutdown();
    const heartbeat = vi.fn(async () => {
      if (heartbeat.mock.calls.length === beats) done.abort();
      return status && instance({ status });
    });
    const agent = {
      config: pool({ heartbeatSeconds: 30 }),
      identity: { id: 'agent-0' },
      shutdown,
      ports: { clock: virtualClock(), store: { heartbeat }, protection: { protect }, log: { warn: vi.fn() } },
    } as unknown as Agent;
    const work = { counts: agentCounts(agent.ports.clock), cancellations: createCancellations() };
    await heartbeatLoop(agent, work, done.signal);
    return { renewals: protect.mock.calls.length, cause: shutdown.cause() };
  };

  test('the heartbeat loop renews the protection every five minutes', async () => {
    expect(await beat('ready', 9)).toEqual({ renewals: 0, cause: undefined });
    expect(await beat('ready', 20)).toEqual({ renewals: 2, cause: undefined });
  });
  test('the heartbeat loop notices that its agent was drained, and renews nothing then', async () => {
    expect(await beat('draining', 20)).toEqual({ renewals: 0, cause: 'drained' });
  });
  test('the heartbeat loop notices that its agent was marked lost', async () => {
    expect(await beat(undefined, 1)).toEqual({ renewals: 0, cause: 'lost' });
  });
});
