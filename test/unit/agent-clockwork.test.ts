// Covers: agent/minute-counts.ts, agent/run-handler.ts, agent/heartbeat-loop.ts
import { describe, expect, test, vi } from 'vitest';
import { type Agent, createShutdown } from '../../agent/agent.ts';
import { createCancellations } from '../../agent/cancellations.ts';
import type { AgentHandler } from '../../agent/handler.ts';
import { heartbeatLoop } from '../../agent/heartbeat-loop.ts';
import { agentCounts } from '../../agent/minute-counts.ts';
import { ownRecord } from '../../agent/own-record.ts';
import { runHandler } from '../../agent/run-handler.ts';
import type { AgentInstance } from '../../shared/core/pool/agent-instance.ts';
import type { AgentChanges } from '../../shared/ports/pool-store.ts';
import { instance, NOW_MS, pool } from './build.ts';
import { virtualClock } from './virtual-clock.ts';

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
  const beat = async (
    changes: Partial<AgentInstance> | undefined,
    { beats, isHeldUp = () => false }: { beats: number; isHeldUp?: () => boolean },
  ) => {
    const done = new AbortController();
    const protect = vi.fn(async () => true);
    const shutdown = createShutdown();
    const store = {
      heartbeat: vi.fn(async (_id: string, _nowMs: number, written: AgentChanges) => {
        if (store.heartbeat.mock.calls.length === beats) done.abort();
        const { heldUpSinceMs } = written;
        return changes && instance({ ...changes, ...(heldUpSinceMs && { heldUpSinceMs }) });
      }),
    };
    const agent = {
      config: pool({ heartbeatSeconds: 30 }),
      identity: { id: 'agent-0' },
      shutdown,
      ports: {
        clock: virtualClock(),
        store,
        limits: { usage: () => ({}) },
        protection: { protect },
        log: { warn: vi.fn() },
      },
    } as unknown as Agent;
    const work = { counts: agentCounts(agent.ports.clock), cancellations: createCancellations() };
    const record = ownRecord(agent, work, instance(changes));
    const sample = () => ({ cpuShare: 0.5, memoryMiB: 90, eventLoopDelayMs: 7 });
    await heartbeatLoop(agent, { record, load: { sample, isHeldUp } }, done.signal);
    return {
      renewals: protect.mock.calls.length,
      cause: shutdown.cause(),
      written: store.heartbeat.mock.calls.map((call) => call[2]),
    };
  };

  test('the heartbeat loop renews the protection every five minutes', async () => {
    expect(await beat({ status: 'ready' }, { beats: 9 })).toMatchObject({ renewals: 0, cause: undefined });
    expect(await beat({ status: 'ready' }, { beats: 20 })).toMatchObject({ renewals: 2, cause: undefined });
  });

  test('the heartbeat loop notices that its agent was drained, and renews nothing then', async () => {
    const drained = { status: 'draining', drainGeneration: 1 } as const;
    expect(await beat(drained, { beats: 20 })).toMatchObject({ renewals: 0, cause: 'drained' });
  });

  test('the heartbeat loop keeps an agent that drains protected while its drain may be taken back', async () => {
    expect(await beat({ status: 'draining' }, { beats: 20 })).toMatchObject({
      renewals: 2,
      cause: undefined,
    });
  });

  test('the heartbeat loop notices that its agent was marked lost', async () => {
    expect(await beat(undefined, { beats: 1 })).toMatchObject({ renewals: 0, cause: 'lost' });
  });

  test('the heartbeat loop records how the process fares, and since when it has been held up', async () => {
    const held = [false, true, true, false];
    const { written } = await beat({ status: 'ready' }, { beats: 4, isHeldUp: () => held.shift() === true });
    expect(written[0]?.load).toEqual({ cpuShare: 0.5, memoryMiB: 90, eventLoopDelayMs: 7 });
    const since = written.map(({ heldUpSinceMs }) => heldUpSinceMs && (heldUpSinceMs - NOW_MS) / 1000);
    expect(since).toEqual([null, 60, 60, null]);
  });
});
