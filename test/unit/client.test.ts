// Covers: shared/tasks/client.ts
import { expect, test, vi } from 'vitest';
import type { OutgoingMessage, TaskQueue } from '../../shared/ports/task-queue.ts';
import type { TaskStore } from '../../shared/ports/task-store.ts';
import { SendError, taskClient } from '../../shared/tasks/client.ts';
import { virtualClock } from './virtual-clock.ts';

type Refusals = (batch: readonly OutgoingMessage[], call: number) => readonly string[];

/** A queue that refuses the messages `refuse` returns, and a store that remembers which tasks have a record. */
function setUp(refuse: Refusals, wake = async () => {}) {
  const records = new Set<string>();
  const sent: string[][] = [];
  const send = vi.fn(async (batch: readonly OutgoingMessage[]) => {
    const refused = refuse(batch, sent.length);
    sent.push(batch.map(({ id }) => id));
    return refused.map((id) => ({ id, reason: 'ServiceUnavailable: busy' }));
  });
  const tasks = {
    create: async ({ id }: { id: string }) => records.size < records.add(id).size,
    discard: async (id: string) => void records.delete(id),
  } as unknown as TaskStore;
  const queue = { send } as unknown as TaskQueue;
  const objects = {
    put: async () => {},
    get: async () => undefined,
    list: async function* () {},
    delete: async () => {},
  };
  return {
    client: taskClient('test', { queue, tasks, objects, clock: virtualClock(), wake }),
    sent,
    records,
  };
}
const tasks = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ id: `task-${index}`, payload: index }));

test('tasks are sent in order, ten to a batch', async () => {
  const { client, sent } = setUp(() => []);
  const ids = await client.sendTasks(tasks(23));
  expect(sent.map((batch) => batch.length)).toEqual([10, 10, 3]);
  expect(sent.flat()).toEqual(ids);
});

test('sending tasks wakes the pool once, and a pool that cannot be woken gets them all the same', async () => {
  const wake = vi.fn(() => Promise.reject(new Error('TooManyRequestsException')));
  const { client, sent } = setUp(() => [], wake);
  await client.sendTasks(tasks(23));
  expect(sent.flat()).toHaveLength(23);
  expect(wake).toHaveBeenCalledTimes(1);
});

test('tasks that were not sent wake nobody', async () => {
  const wake = vi.fn(async () => {});
  const { client } = setUp(() => ['task-0'], wake);
  await expect(client.sendTasks(tasks(1))).rejects.toThrow(SendError);
  expect(wake).not.toHaveBeenCalled();
});

test('only the messages of a batch that SQS rejects are sent again', async () => {
  const { client, sent } = setUp((_batch, call) => (call === 0 ? ['task-1'] : []));
  await client.sendTasks(tasks(3));
  expect(sent).toEqual([['task-0', 'task-1', 'task-2'], ['task-1']]);
});

test('a task that SQS keeps rejecting is reported with its reason and leaves no record', async () => {
  const { client, records } = setUp(() => ['task-1']);
  const error = await client.sendTasks(tasks(3)).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(SendError);
  expect((error as SendError).refused).toEqual([{ id: 'task-1', reason: 'ServiceUnavailable: busy' }]);
  expect([...records]).toEqual(['task-0', 'task-2']);
});

test('tasks of one context keep their order while SQS rejects one of them', async () => {
  const turns = tasks(4).map((task, index) => ({ ...task, ...(index !== 2 && { contextId: 'c' }) }));
  const { client, sent } = setUp((batch, call) => (call === 0 ? [batch[0]?.id ?? ''] : []));
  await client.sendTasks(turns);
  expect(sent).toEqual([['task-0'], ['task-0'], ['task-1', 'task-2'], ['task-3']]);
});

test('no further task of a context is sent after one could not be', async () => {
  const turns = [...tasks(2).map((task) => ({ ...task, contextId: 'broken' })), { id: 'other', payload: 1 }];
  const { client, sent } = setUp((batch) => batch.map(({ id }) => id).filter((id) => id === 'task-0'));
  const error = (await client.sendTasks(turns).catch((reason: unknown) => reason)) as SendError;
  expect(error.refused.map(({ id }) => id)).toEqual(['task-0', 'task-1']);
  expect(error.refused[1]?.reason).toBe('an earlier task of its context was not sent');
  expect(sent.at(-1)).toEqual(['other']);
});

test('an ID that is not one line of text is rejected with what is expected', async () => {
  const { client } = setUp(() => []);
  await expect(client.sendTask({ id: 'a\nb', payload: 1 })).rejects.toThrow(
    'invalid value "a\\nb" for the id of a task: expected 1 to 256 bytes of text',
  );
});

const aws = (name: string, httpStatusCode: number, attempts = 1) =>
  Object.assign(new Error(`${name} it is`), { name, $metadata: { httpStatusCode, attempts } });
const failing = (error: Error) =>
  setUp(() => {
    throw error;
  });

test('a refused send leaves no record and says that nothing was sent', async () => {
  const { client, records } = failing(aws('QueueDoesNotExist', 400));
  const error = (await client.sendTasks(tasks(2)).catch((reason: unknown) => reason)) as SendError;
  expect(error.message).toMatch(/^2 task\(s\) were not sent: task-0 .*QueueDoesNotExist/);
  expect(error.unknown).toEqual([]);
  expect(records.size).toBe(0);
});

test.each([
  ['no answer came', new Error('socket hang up')],
  ['the service failed', aws('InternalError', 500)],
  ['it was throttled', aws('ThrottlingException', 400)],
  ['the last of several tries was refused', aws('InvalidClientTokenId', 403, 3)],
])('a send of unknown outcome keeps the records, since an agent may be at work: %s', async (_case, error) => {
  const { client, records } = failing(error);
  const thrown = (await client.sendTasks(tasks(2)).catch((reason: unknown) => reason)) as SendError;
  expect(thrown.message).toMatch(/^2 task\(s\) may not have been sent: task-0/);
  expect([thrown.refused.length, thrown.unknown.length, records.size]).toEqual([0, 2, 2]);
});

test('a task whose first send had an unknown outcome stays unknown, though later ones are refused', async () => {
  let call = 0;
  const { client } = setUp((batch) => {
    call += 1;
    if (call === 1) throw new Error('socket hang up');
    return batch.map(({ id }) => id);
  });
  const thrown = (await client.sendTasks(tasks(1)).catch((reason: unknown) => reason)) as SendError;
  expect(thrown.unknown.map(({ id }) => id)).toEqual(['task-0']);
});

test('nothing is sent when one of the payloads is invalid', async () => {
  const { client, sent } = setUp(() => []);
  await expect(client.sendTasks([...tasks(2), { payload: 1n }])).rejects.toThrow(
    'the payload cannot be stored',
  );
  expect(sent).toEqual([]);
});
