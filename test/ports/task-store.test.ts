// Covers: sim/aws/task-records.ts, sim/aws/items.ts, shared/ports/task-store.ts, shared/aws/dynamo-task-store.ts, shared/core/foreign-text.ts
import { beforeEach, expect, test } from 'vitest';
import type { Starter, TaskStore } from '../../shared/ports/task-store.ts';
import { NOW_MS } from '../unit/build.ts';
import { contract } from './suite.ts';

contract('a task store', (place) => {
  let tasks: TaskStore;
  beforeEach(() => {
    ({ tasks } = place().ports);
  });

  const sent = { id: 't', contextId: 'c', sentAtMs: NOW_MS };
  const result = { kind: 'inline', json: '1' } as const;
  const traffic = { bytesRead: 1, bytesWritten: 2 };
  const begin = (deliveryId: string, by: Partial<Starter> = {}) =>
    tasks.begin(sent, { agentId: 'agent', nowMs: NOW_MS + 5, ...by, deliveryId });
  const attempt = (number: number) => ({ id: 't', attempt: number });

  test('a task store creates a task once', async () => {
    expect(await tasks.create(sent)).toBe(true);
    expect(await tasks.create({ ...sent, contextId: 'other' })).toBe(false);
    expect(await tasks.get('t')).toEqual({ ...sent, attempts: 0, returned: 0, status: 'queued' });
    expect(await tasks.get('unknown')).toBeUndefined();
  });

  test('a task store discards a task that was never sent', async () => {
    await tasks.create(sent);
    await tasks.discard('t');
    expect(await tasks.get('t')).toBeUndefined();
  });

  test('a task store keeps a task that an agent has started, even one queued again', async () => {
    await begin('d1');
    await tasks.discard('t');
    expect(await tasks.get('t')).toMatchObject({ status: 'running' });
    await tasks.retry(attempt(1), { kind: 'failed', reason: 'again' });
    await tasks.discard('t');
    expect(await tasks.get('t')).toMatchObject({ status: 'queued', attempts: 1 });
  });

  test('a task store lists the tasks that have not ended, the oldest or the latest first', async () => {
    for (const [index, id] of ['t', 'second', 'third', 'fourth'].entries())
      await tasks.create({ id, sentAtMs: NOW_MS + index });
    await begin('d1');
    await tasks.complete(attempt(1), { nowMs: NOW_MS + 9, result, traffic });
    await tasks.fail({ id: 'third', sentAtMs: NOW_MS + 2 }, NOW_MS + 9, 'no');
    const idsOf = async (...args: Parameters<TaskStore['open']>) =>
      (await tasks.open(...args)).map(({ id }) => id);
    expect(await idsOf('oldest', 10)).toEqual(['second', 'fourth']);
    expect(await idsOf('latest', 10)).toEqual(['fourth', 'second']);
    expect(await idsOf('oldest', 1)).toEqual(['second']);
  });

  test('a task store keeps IDs as they are, whatever they hold', async () => {
    const ids = ['user@example.com', '../a/b#c', '+49 30 1', 'Müller 客户'];
    for (const [index, id] of ids.entries())
      await tasks.create({ id, contextId: id, sentAtMs: NOW_MS + index });
    expect(await tasks.get('../a/b#c')).toMatchObject({ id: '../a/b#c', contextId: '../a/b#c' });
    expect((await tasks.open('oldest', 10)).map(({ id }) => id)).toEqual(ids);
  });

  test('a lost task can be sent again, and runs if its message turns up after all', async () => {
    await tasks.create(sent);
    const queued = await tasks.get('t');
    if (!queued) throw new Error('no record');
    expect(await tasks.lose(queued, NOW_MS + 9, 'purged')).toBe(true);
    expect(await tasks.get('t')).toMatchObject({ status: 'failed', reason: 'purged', lost: true });
    expect(await tasks.open('oldest', 10)).toEqual([]);
    expect(await tasks.create(sent)).toBe(true);
    expect(await tasks.get('t')).toEqual(queued);
    await tasks.lose(queued, NOW_MS + 9, 'purged');
    const begun = await begin('d1');
    expect(begun).toMatchObject({ kind: 'begun', task: { status: 'running', attempts: 1 } });
    expect(begun.task).not.toHaveProperty('lost');
    expect((await tasks.open('oldest', 10)).map(({ id }) => id)).toEqual(['t']);
  });

  test('a task store lists failed tasks, those sent last first, until they are sent again', async () => {
    for (const [index, id] of ['a', 'b', 'c'].entries()) await tasks.create({ id, sentAtMs: NOW_MS + index });
    await tasks.fail({ id: 'a', sentAtMs: NOW_MS }, NOW_MS + 9, 'no');
    const lost = await tasks.get('c');
    if (lost) await tasks.lose(lost, NOW_MS + 9, 'gone');
    expect((await tasks.failed(10)).map(({ id }) => id)).toEqual(['c', 'a']);
    expect((await tasks.failed(1)).map(({ id }) => id)).toEqual(['c']);
    await tasks.create({ id: 'c', sentAtMs: NOW_MS + 10 });
    expect((await tasks.failed(10)).map(({ id }) => id)).toEqual(['a']);
    expect((await tasks.open('latest', 10)).map(({ id }) => id)).toEqual(['c', 'b']);
  });

  test('a task store cancels a task that has not ended, and names the agent that runs it', async () => {
    await tasks.create(sent);
    expect(await tasks.cancel('t', NOW_MS + 9, 'not needed')).toEqual({ kind: 'cancelled' });
    expect(await tasks.get('t')).toMatchObject({ status: 'failed', reason: 'not needed', cancelled: true });
    expect(await tasks.open('oldest', 10)).toEqual([]);
    expect((await begin('d1')).kind).toBe('ended');
    // Neither sending it again nor an attempt that fails meanwhile makes it anything else.
    expect(await tasks.create(sent)).toBe(false);
    await tasks.fail(sent, NOW_MS + 10, 'the handler failed');
    expect(await tasks.get('t')).toMatchObject({ reason: 'not needed', cancelled: true });
    expect(await tasks.cancel('t', NOW_MS + 11, 'again')).toEqual({ kind: 'ended' });
    expect(await tasks.cancel('none', NOW_MS, 'why not')).toEqual({ kind: 'unknown' });

    await tasks.create({ ...sent, id: 'u' });
    await tasks.begin({ ...sent, id: 'u' }, { agentId: 'agent', deliveryId: 'd', nowMs: NOW_MS });
    expect(await tasks.cancel('u', NOW_MS + 9, 'no')).toEqual({ kind: 'cancelled', agentId: 'agent' });
    const result = { kind: 'inline', json: '1' } as const;
    const late = { nowMs: NOW_MS + 10, result, traffic: { bytesRead: 0, bytesWritten: 0 } };
    expect(await tasks.complete({ id: 'u', attempt: 1 }, late)).toEqual({ kind: 'superseded' });
  });

  test('a task that has changed since it was read is not lost', async () => {
    await tasks.create(sent);
    const queued = await tasks.get('t');
    if (!queued) throw new Error('no record');
    await begin('d1');
    expect(await tasks.lose(queued, NOW_MS + 9, 'purged')).toBe(false);
    await tasks.retry(attempt(1), { kind: 'returned', reason: 'SIGTERM' });
    expect(await tasks.lose(queued, NOW_MS + 9, 'purged')).toBe(false);
  });

  test('a task store begins a task, even one sent without a record', async () => {
    const begun = await begin('d1');
    expect(begun).toMatchObject({
      kind: 'begun',
      task: { status: 'running', attempts: 1, agentId: 'agent', startedAtMs: NOW_MS + 5, contextId: 'c' },
    });
    expect(await tasks.get('t')).toEqual(begun.task);
  });

  test('a task store counts one attempt for one delivery, no matter how often its start is written', async () => {
    await begin('d1');
    expect(await begin('d1')).toMatchObject({ kind: 'begun', task: { attempts: 1, status: 'running' } });
    expect(await tasks.complete(attempt(1), { nowMs: NOW_MS + 9, result, traffic })).toMatchObject({
      kind: 'applied',
    });
  });

  test("a task store leaves an attempt alone for another agent's delivery, until that takes it over", async () => {
    const { task: running } = await begin('d1');
    const other = { agentId: 'other', nowMs: NOW_MS + 50 };
    expect(await begin('d2', other)).toEqual({ kind: 'running', task: running });
    expect(await begin('d2', { ...other, takesOver: 2 })).toEqual({ kind: 'running', task: running });
    expect(await tasks.get('t')).toEqual(running);
    expect(await begin('d2', { ...other, takesOver: 1 })).toMatchObject({
      kind: 'begun',
      task: { attempts: 2, agentId: 'other', startedAtMs: NOW_MS + 5, attemptStartedAtMs: NOW_MS + 50 },
    });
    expect(await begin('d2', { ...other, takesOver: 1 })).toMatchObject({
      kind: 'begun',
      task: { attempts: 2 },
    });
  });

  test("an agent's next delivery of a task supersedes the attempt before", async () => {
    await begin('d1');
    expect(await begin('d2')).toMatchObject({ kind: 'begun', task: { attempts: 2 } });
    expect(await tasks.progress(attempt(1), result)).toEqual({ kind: 'superseded' });
    expect(await tasks.retry(attempt(1), { kind: 'failed', reason: 'late' })).toEqual({ kind: 'superseded' });
    expect(await tasks.complete(attempt(1), { nowMs: NOW_MS, result, traffic })).toEqual({
      kind: 'superseded',
    });
  });

  test('a task store keeps the progress of an attempt until it completes', async () => {
    await begin('d1');
    expect(await tasks.progress(attempt(1), result)).toMatchObject({ task: { progress: result } });
    const done = await tasks.complete(attempt(1), { nowMs: NOW_MS + 9, result, traffic });
    expect(done).toMatchObject({ task: { status: 'done', endedAtMs: NOW_MS + 9, result, traffic } });
    expect(await tasks.get('t')).not.toHaveProperty('progress');
  });

  test('a task store queues a task again, and distinguishes a failed attempt from a returned one', async () => {
    await begin('d1');
    await tasks.retry(attempt(1), { kind: 'failed', reason: 'broken' });
    expect(await tasks.get('t')).toMatchObject({
      status: 'queued',
      attempts: 1,
      returned: 0,
      lastFailure: 'broken',
    });
    await begin('d2');
    await tasks.retry(attempt(2), { kind: 'returned', reason: 'stopped' });
    const task = await tasks.get('t');
    expect(task).toMatchObject({ status: 'queued', attempts: 2, returned: 1 });
    expect(task).not.toHaveProperty('agentId');
  });

  test('a task store ends a task once: what is done stays done, and an ended task is not begun', async () => {
    await begin('d1');
    await tasks.complete(attempt(1), { nowMs: NOW_MS + 9, result, traffic });
    await tasks.fail(sent, NOW_MS + 10, 'too late');
    expect(await begin('d2')).toMatchObject({ kind: 'ended', task: { status: 'done', attempts: 1 } });
    expect(await tasks.retry(attempt(1), { kind: 'failed', reason: 'late' })).toEqual({ kind: 'superseded' });
  });

  test('a task store fails a task at any attempt, even one without a record', async () => {
    await tasks.fail({ id: 'rejected', sentAtMs: NOW_MS }, NOW_MS + 1, 'not a task');
    expect(await tasks.get('rejected')).toMatchObject({
      status: 'failed',
      reason: 'not a task',
      attempts: 0,
    });
    await begin('d1');
    await tasks.fail(sent, NOW_MS + 1, 'given up');
    expect(await begin('d2')).toMatchObject({
      kind: 'ended',
      task: { status: 'failed', reason: 'given up' },
    });
  });

  test.each([
    ['in color', '\u001B[31mred\u001B[39m', 'red'],
    ['that is empty', '', 'no reason given'],
    ['larger than an item', 'x'.repeat(500_000), expect.stringMatching(/^x+…$/)],
  ])(
    'a task store keeps a reason %s as text that can be stored and shown',
    async (_what, reason, expected) => {
      await begin('d1');
      await tasks.retry(attempt(1), { kind: 'failed', reason });
      expect(await tasks.get('t')).toMatchObject({ lastFailure: expected });
      await tasks.fail(sent, NOW_MS + 1, reason);
      expect(await tasks.get('t')).toMatchObject({ status: 'failed', reason: expected });
    },
  );
});
