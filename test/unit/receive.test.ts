import { expect, test, vi } from 'vitest';
import { type Agent, createShutdown } from '../../agent/agent.ts';
import { receiver } from '../../agent/receive.ts';
import type { QueueMessage } from '../../shared/ports/task-queue.ts';
import { NOW_MS, pool } from './build.ts';
import { virtualClock } from './virtual-clock.ts';

const message = { messageId: 'm', receiveCount: 1 } as QueueMessage;

function agentWith(receive: () => Promise<QueueMessage | undefined>) {
  const clock = virtualClock();
  const shutdown = createShutdown();
  const heartbeat = vi.fn(async (_id: string, _nowMs: number, _changes: object) => undefined);
  const release = vi.fn(async () => {});
  const agent = {
    config: pool(),
    identity: { id: 'agent-0' },
    shutdown,
    ports: { clock, store: { heartbeat }, queue: { receive, release }, log: { warn: () => {} } },
  } as unknown as Agent;
  return {
    receive: receiver(agent),
    clock,
    shutdown,
    release,
    said: () => heartbeat.mock.calls.map((call) => call[2]),
  };
}

test('an agent whose receive fails says so in its record, once, and takes it back when a receive works', async () => {
  const answers = [
    Promise.reject(new Error('AccessDenied')),
    Promise.reject(new Error('AccessDenied')),
    Promise.resolve(message),
  ];
  for (const answer of answers) answer.catch(() => {});
  const { receive, said } = agentWith(() => answers.shift() as Promise<QueueMessage>);
  await expect(receive(20)).rejects.toThrow('AccessDenied');
  await expect(receive(20)).rejects.toThrow('AccessDenied');
  expect(said()).toEqual([{ notReceivingSinceMs: NOW_MS }]);
  expect(await receive(20)).toBe(message);
  expect(said()).toEqual([{ notReceivingSinceMs: NOW_MS }, { notReceivingSinceMs: null }]);
});

test('an agent whose receive hangs says so, and exits after five minutes so that ECS starts another one', async () => {
  const { receive, said, shutdown, clock } = agentWith(() => new Promise(() => {}));
  expect(await receive(20)).toBeUndefined();
  expect(said()).toEqual([{ notReceivingSinceMs: NOW_MS + 30_000 }]);
  expect(shutdown.cause()).toBe('cannot receive');
  expect(clock.now() - NOW_MS).toBeLessThan(6 * 60_000);
});

test('a message that a hanging receive still brings after SIGTERM is returned', async () => {
  const { promise, resolve: answer } = Promise.withResolvers<QueueMessage>();
  const { receive, shutdown, release } = agentWith(() => promise);
  const received = receive(1);
  shutdown.request('SIGTERM');
  expect(await received).toBeUndefined();
  answer(message);
  await vi.waitFor(() => expect(release).toHaveBeenCalledWith(message));
});
