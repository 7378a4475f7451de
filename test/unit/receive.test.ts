import { expect, test, vi } from 'vitest';
import { type Agent, createShutdown } from '../../agent/agent.ts';
import type { OwnRecord } from '../../agent/own-record.ts';
import { receiver } from '../../agent/receive.ts';
import type { QueueMessage } from '../../shared/ports/task-queue.ts';
import { NOW_MS, pool } from './build.ts';
import { virtualClock } from './virtual-clock.ts';

const message = { messageId: 'm', receiveCount: 1 } as QueueMessage;
const other = { messageId: 'n', receiveCount: 1 } as QueueMessage;

function agentWith(receive: () => Promise<readonly QueueMessage[]>) {
  const clock = virtualClock();
  const shutdown = createShutdown();
  const save = vi.fn(async (_changes: object) => undefined);
  const release = vi.fn(async (_message: QueueMessage) => {});
  const agent = {
    config: pool(),
    identity: { id: 'agent-0' },
    shutdown,
    ports: { clock, queue: { receive, release }, log: { warn: () => {} } },
  } as unknown as Agent;
  return {
    receive: receiver(agent, { save } as unknown as OwnRecord),
    clock,
    shutdown,
    release,
    said: () => save.mock.calls.map(([changes]) => changes),
  };
}

test('an agent whose receive fails says so in its record, once, and takes it back when a receive works', async () => {
  const answers = [
    Promise.reject(new Error('AccessDenied')),
    Promise.reject(new Error('AccessDenied')),
    Promise.resolve([message, other]),
  ];
  for (const answer of answers) answer.catch(() => {});
  const { receive, said } = agentWith(() => answers.shift() as Promise<QueueMessage[]>);
  await expect(receive(20, 10)).rejects.toThrow('AccessDenied');
  await expect(receive(20, 10)).rejects.toThrow('AccessDenied');
  expect(said()).toEqual([{ notReceivingSinceMs: NOW_MS }]);
  expect(await receive(20, 10)).toEqual([message, other]);
  expect(said()).toEqual([{ notReceivingSinceMs: NOW_MS }, { notReceivingSinceMs: null }]);
});

test('an agent whose receive hangs says so, and exits after five minutes so that ECS starts another one', async () => {
  const { receive, said, shutdown, clock } = agentWith(() => new Promise(() => {}));
  expect(await receive(20, 10)).toEqual([]);
  expect(said()).toEqual([{ notReceivingSinceMs: NOW_MS + 30_000 }]);
  expect(shutdown.cause()).toBe('cannot receive');
  expect(clock.now() - NOW_MS).toBeLessThan(6 * 60_000);
});

test('messages that a hanging receive still brings after SIGTERM are returned', async () => {
  const { promise, resolve: answer } = Promise.withResolvers<QueueMessage[]>();
  const { receive, shutdown, release } = agentWith(() => promise);
  const received = receive(1, 10);
  shutdown.request('SIGTERM');
  expect(await received).toEqual([]);
  answer([message, other]);
  await vi.waitFor(() => expect(release.mock.calls).toEqual([[message], [other]]));
});
