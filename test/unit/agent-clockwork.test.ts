import { describe, expect, test, vi } from 'vitest';
import { type Agent, createStop } from '../../agent/agent.ts';
import { keepInvisible } from '../../agent/keep-invisible.ts';
import { pulse } from '../../agent/pulse.ts';
import type { QueueMessage, TaskQueue } from '../../shared/ports.ts';
import { instance, NOW_MS, pool } from './build.ts';
import { virtualClock } from './virtual-clock.ts';

const message: QueueMessage = { messageId: 'm', receiptHandle: 'r', body: '', receiveCount: 1, sentAtMs: 0 };

describe('a message that is worked on', () => {
  test('is extended at half of its visibility, until the work is done', async () => {
    const clock = virtualClock();
    const done = new AbortController();
    const atSeconds: number[] = [];
    const extend = async () => {
      atSeconds.push((clock.now() - NOW_MS) / 1000);
      if (atSeconds.length === 3) done.abort();
    };
    const onLost = vi.fn();
    await keepInvisible(
      { queue: { extend } as unknown as TaskQueue, clock },
      message,
      120,
      done.signal,
      onLost,
    );
    expect(atSeconds).toEqual([60, 120, 180]);
    expect(onLost).not.toHaveBeenCalled();
  });

  test('is lost when it can not be extended while it is still invisible, and not before', async () => {
    const clock = virtualClock();
    const extend = () => Promise.reject(new Error('throttled'));
    const onLost = vi.fn();
    const never = new AbortController().signal;
    await keepInvisible({ queue: { extend } as unknown as TaskQueue, clock }, message, 120, never, onLost);
    expect(onLost).toHaveBeenCalledTimes(1);
    // Tried at 60, 75, 90 and 105 seconds; at 120 it is visible to others.
    expect((clock.now() - NOW_MS) / 1000).toBe(105);
  });
});

describe('the pulse of an agent', () => {
  const beat = async (status: 'ready' | 'draining' | undefined, beats: number) => {
    const done = new AbortController();
    const protect = vi.fn(async () => true);
    const stop = createStop();
    const heartbeat = vi.fn(async () => {
      if (heartbeat.mock.calls.length === beats) done.abort();
      return status && instance({ status });
    });
    const agent = {
      config: pool({ heartbeatSeconds: 30 }),
      identity: { id: 'agent-0' },
      stop,
      ports: { clock: virtualClock(), store: { heartbeat }, protection: { protect }, log: { warn: vi.fn() } },
    } as unknown as Agent;
    await pulse(agent, done.signal);
    return { renewals: protect.mock.calls.length, cause: stop.cause() };
  };

  test('renews the protection every five minutes', async () => {
    expect(await beat('ready', 9)).toEqual({ renewals: 0, cause: undefined });
    expect(await beat('ready', 20)).toEqual({ renewals: 2, cause: undefined });
  });
  test('notices that the agent was drained, and renews nothing then', async () => {
    expect(await beat('draining', 20)).toEqual({ renewals: 0, cause: 'drained' });
  });
  test('notices that the agent was taken for lost', async () => {
    expect(await beat(undefined, 1)).toEqual({ renewals: 0, cause: 'lost' });
  });
});
