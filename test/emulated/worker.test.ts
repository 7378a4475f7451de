// Covers: agent/cancellations.ts, shared/runtime/cancel-task.ts, agent/agent.ts, agent/poll.ts, shared/tasks/message.ts
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { S3Client } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { AgentHandler } from '../../agent/handler.ts';
import { systemClock } from '../../shared/aws/clock.ts';
import { s3Objects } from '../../shared/aws/s3-objects.ts';
import type { Protection } from '../../shared/ports/protection.ts';
import { cancelTask } from '../../shared/runtime/cancel-task.ts';
import { AGENT_POOL, agentsOf, counting, sendRaw } from './agents.ts';
import { startTestStack, type TestStack } from './stack.ts';

let stack: TestStack;
let agents: ReturnType<typeof agentsOf>;

beforeAll(async () => {
  stack = await startTestStack(AGENT_POOL);
  agents = agentsOf(stack);
});
afterEach(() => agents.stopAll());
afterAll(() => stack.close());

const record = async (id: string) => (await stack.store.instances()).instances.find((each) => each.id === id);
const status = (id: string, expected: string) =>
  vi.waitFor(async () => expect((await record(id))?.status).toBe(expected), { timeout: 60_000 });
const ended = (id: string) => stack.client.waitForTask(id, 30_000);
/** On a slow machine a message may have been delivered again, and its task is found ended when it comes back. */
const noMessageLeft = () =>
  vi.waitFor(async () => expect(await stack.queue.counts()).toMatchObject({ visible: 0, inFlight: 0 }), {
    timeout: 60_000,
  });

test('an envelope that is not valid goes to the dead-letter queue with its reason on record, and its agent goes on', async () => {
  const agent = agents.start(counting);
  await status(agent.id, 'ready');
  const since = (await record(agent.id))?.statusSinceMs;
  await sendRaw(stack, '{"agentpool":1}', 'poison');
  const letters = await vi.waitFor(
    async () => {
      const found = await stack.deadLetters();
      expect(found).toMatchObject([
        { body: '{"agentpool":1}', reason: expect.stringContaining('not a valid envelope') },
      ]);
      return found;
    },
    { timeout: 60_000 },
  );
  expect(letters).toHaveLength(1);
  expect((await record(agent.id))?.statusSinceMs).toBe(since);
  await ended(await stack.client.sendTask({ payload: 'the agent goes on' }));
  const refused = agent.log.warn.mock.calls.find(([message]) => message === 'message rejected')?.[1] as {
    taskId: string;
  };
  expect(await stack.client.getTask(refused.taskId)).toMatchObject({
    status: 'failed',
    reason: letters[0]?.reason,
  });
});

/** Works until it's aborted. */
const waiting: AgentHandler = (_task, _context, { signal }) =>
  new Promise((_, reject) => signal.addEventListener('abort', reject));

describe('an agent', () => {
  test('an agent that has to stop returns its task at once, without counting a failed attempt', async () => {
    const agent = agents.start(waiting);
    const id = await stack.client.sendTask({ payload: 1 });
    await status(agent.id, 'busy');
    agent.shutdown.request('SIGTERM');
    expect(await agent.ended).toBe('SIGTERM');
    expect(await record(agent.id)).toMatchObject({ status: 'stopped', interruptedTasks: [id] });
    expect(await stack.tasks.get(id)).toMatchObject({ status: 'queued', attempts: 1, returned: 1 });
    agents.start(counting);
    expect(await ended(id)).toMatchObject({ status: 'done' });
  });

  test('a task that is cancelled while it runs is aborted, ends as failed, and leaves no message', async () => {
    const agent = agents.start(waiting);
    const id = await stack.client.sendTask({ payload: 1 });
    await status(agent.id, 'busy');
    await vi.waitFor(async () => expect((await stack.tasks.get(id))?.status).toBe('running'));
    const cancelled = await cancelTask({ ...stack, clock: systemClock }, id, 'ada');
    expect(cancelled).toEqual({ kind: 'cancelled', agentId: agent.id });
    expect(await ended(id)).toMatchObject({ status: 'failed', reason: 'cancelled by ada' });
    await status(agent.id, 'ready');
    expect(agent.attempted).toHaveBeenCalledWith(
      expect.objectContaining({ id }),
      expect.objectContaining({ kind: 'cancelled' }),
    );
    expect(await record(agent.id)).not.toHaveProperty('cancelledTasks');
    await noMessageLeft();
    expect(JSON.stringify(await stack.deadLetters())).not.toContain(id);
  });

  test('a turn that was cancelled does not take effect, even if its handler returns or fails all the same', async () => {
    const contextId = 'cancelled turns';
    const first = agents.start(counting);
    await ended(await stack.client.sendTask({ payload: 1, contextId }));
    first.shutdown.request('SIGTERM');
    await first.ended;
    for (const end of [
      async () => ({ result: 1, context: 'changed' }),
      () => Promise.reject(new Error('late')),
    ]) {
      const deaf: AgentHandler = async (_task, _context, { signal }) => {
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
        return end();
      };
      const agent = agents.start(deaf);
      const id = await stack.client.sendTask({ payload: 2, contextId });
      await status(agent.id, 'busy');
      await vi.waitFor(async () => expect((await stack.tasks.get(id))?.status).toBe('running'));
      await cancelTask({ ...stack, clock: systemClock }, id, 'ada');
      await status(agent.id, 'ready');
      agent.shutdown.request('SIGTERM');
      await agent.ended;
      expect(JSON.stringify(await stack.deadLetters())).not.toContain(id);
    }
    expect((await stack.contexts.restore(contextId)).value).not.toBe('changed');
    agents.start(counting);
    await noMessageLeft();
  });

  test('a task whose last attempt fails after it was cancelled is no dead letter', async () => {
    const cancelled = Promise.withResolvers<void>();
    const { maxAttempts } = stack.config;
    agents.start(async ({ attempt }) => {
      if (attempt === maxAttempts) await cancelled.promise;
      throw new Error('late');
    });
    const id = await stack.client.sendTask({ payload: 1 });
    const isLast = async () =>
      expect(await stack.tasks.get(id)).toMatchObject({ status: 'running', attempts: maxAttempts });
    await vi.waitFor(isLast, { timeout: 30_000 });
    // Its agent hasn't heard of it yet.
    await stack.tasks.cancel(id, Date.now(), 'cancelled by ada');
    cancelled.resolve();
    await noMessageLeft();
    expect(JSON.stringify(await stack.deadLetters())).not.toContain(id);
    expect(await stack.tasks.get(id)).toMatchObject({ reason: 'cancelled by ada' });
  });

  test('a task that is cancelled while it is queued never runs, and the next one of its conversation does', async () => {
    const id = await stack.client.sendTask({ payload: 1, contextId: 'cancelled' });
    const next = await stack.client.sendTask({ payload: 2, contextId: 'cancelled' });
    expect((await cancelTask({ ...stack, clock: systemClock }, id, 'ada')).kind).toBe('cancelled');
    agents.start(counting);
    expect(await ended(next)).toMatchObject({ status: 'done', record: { attempts: 1 } });
    expect(await ended(id)).toMatchObject({ status: 'failed', record: { attempts: 0 } });
    expect(JSON.stringify(await stack.deadLetters())).not.toContain(id);
  });

  test('an agent that has to stop during an upload that takes too long returns its task in time', async () => {
    const mute = createServer(() => {});
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    const endpoint = `http://127.0.0.1:${(mute.address() as AddressInfo).port}`;
    const uploading = vi.fn<AgentHandler>(async () => ({ result: 'x'.repeat(1024 * 1024) }));
    const agent = agents.start(uploading, (uploads) => ({
      objects: s3Objects(
        new S3Client({ endpoint, forcePathStyle: true, requestHandler: { throwOnRequestTimeout: true } }),
        'bucket',
        uploads,
      ),
    }));
    const id = await stack.client.sendTask({ payload: 1 });
    await vi.waitFor(() => expect(uploading).toHaveBeenCalled(), { timeout: 60_000 });
    const before = Date.now();
    agent.shutdown.request('SIGTERM');
    expect(await agent.ended).toBe('SIGTERM');
    // Its stop timeout is half a second here; an upload of a mebibyte may take nine.
    expect(Date.now() - before).toBeLessThan(5_000);
    expect(await stack.tasks.get(id)).toMatchObject({ status: 'queued', attempts: 1, returned: 1 });
    mute.closeAllConnections();
    mute.close();
  });

  test('an agent without protection takes no work until it has it', async () => {
    let refusals = 0;
    const protection: Protection = {
      async protect() {
        refusals += 1;
        return refusals > 1;
      },
      release: async () => {},
    };
    const agent = agents.start(counting, { protection });
    const id = await stack.client.sendTask({ payload: 1 });
    await status(agent.id, 'starting');
    expect(await ended(id)).toMatchObject({ status: 'done' });
    expect(refusals).toBe(2);
  });

  test('a drained agent takes no more tasks and ends even if ECS does not stop it', async () => {
    const agent = agents.start(counting);
    await status(agent.id, 'ready');
    await stack.store.transition(agent.id, 'drain', { nowMs: Date.now(), changes: { drainGeneration: 1 } });
    const id = await stack.client.sendTask({ payload: 1 });
    expect(await agent.ended).toBe('drained');
    expect((await record(agent.id))?.status).toBe('stopped');
    expect(await stack.tasks.get(id)).toMatchObject({ status: 'queued', attempts: 0 });
    agents.start(counting);
    await ended(id);
  });

  test('an agent that was marked lost stops', async () => {
    const agent = agents.start(counting);
    await status(agent.id, 'ready');
    await stack.store.transition(agent.id, 'lose', { nowMs: Date.now() });
    expect(await agent.ended).toBe('lost');
  });
});
