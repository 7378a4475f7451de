import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { AgentPorts } from '../../agent/agent.ts';
import type { AgentHandler } from '../../agent/handler.ts';
import { sqsClient } from '../../shared/aws/clients.ts';
import type { Protection } from '../../shared/ports/protection.ts';
import { agentsOf } from './agents.ts';
import { startTestStack, type TestStack } from './stack.ts';

let stack: TestStack;
let agents: ReturnType<typeof agentsOf>;

beforeAll(async () => {
  stack = await startTestStack({
    taskTimeoutSeconds: 5,
    cooldownSeconds: 0,
    maxAttempts: 2,
    visibilitySeconds: 2,
    heartbeatSeconds: 1,
    stopTimeoutSeconds: 2,
  });
  agents = agentsOf(stack);
});
afterEach(() => agents.stopAll());
afterAll(() => stack.close());

const record = async (id: string) => (await stack.store.instances()).instances.find((each) => each.id === id);
const status = (id: string, expected: string) =>
  vi.waitFor(async () => expect((await record(id))?.status).toBe(expected), { timeout: 60_000 });
const ended = (id: string) => stack.client.waitForTask(id, 30_000);

/** Counts the turns of a conversation in its context. */
const counting: AgentHandler = async (task, context) => {
  const { turns = [] } = (context ?? {}) as { turns?: string[] };
  return { result: { saw: turns.length, payload: task.payload }, context: { turns: [...turns, task.id] } };
};

describe('a task', () => {
  test('gives its result, and its effect on the context to the next task of the conversation', async () => {
    const agent = agents.start(counting);
    const tasks = ['one', 'two', 'three'].map((payload) => ({ contextId: 'conversation', payload }));
    const [one = '', two = '', three = ''] = await stack.client.sendTasks(tasks);
    expect(await ended(three)).toMatchObject({ status: 'done', result: { saw: 2, payload: 'three' } });
    expect((await stack.contexts.restore('conversation')).value).toEqual({ turns: [one, two, three] });
    // This agent keeps no contexts: what is not the first turn is a miss.
    await vi.waitFor(() => expect(agent.attempted).toHaveBeenCalledTimes(3), { timeout: 60_000 });
    const contexts = agent.attempted.mock.calls.map(
      ([, outcome]) => outcome.kind === 'completed' && outcome.context,
    );
    expect(contexts).toMatchObject([{ isWarm: undefined }, { isWarm: false }, { isWarm: false }]);
  });

  test('whose snapshot is damaged goes on from the last good version, and its record and its outcome say so', async () => {
    const agent = agents.start(counting);
    const send = () => stack.client.sendTask({ contextId: 'damaged', payload: 0 });
    const first = await send();
    await ended(first);
    await ended(await send());
    const found = await stack.contextStore.read('damaged');
    if (!found) throw new Error('no head');
    const { chain } = found.head;
    const tail = chain.tail.map((byte, index) => (index === chain.tail.length - 1 ? byte ^ 1 : byte));
    await stack.contextStore.rebase({ ...found.head, chain: { ...chain, tail } });
    const third = await send();
    expect(await ended(third)).toMatchObject({
      status: 'done',
      result: { saw: 1 },
      record: { traffic: { damage: expect.stringMatching(/differs|unpacked/) } },
    });
    await vi.waitFor(
      () =>
        expect(agent.attempted).toHaveBeenCalledWith(
          expect.objectContaining({ contextId: 'damaged' }),
          expect.objectContaining({ damage: expect.any(String) }),
        ),
      { timeout: 60_000 },
    );
    expect((await stack.contexts.restore('damaged')).value).toEqual({ turns: [first, third] });
  });

  test('sent twice under one id runs once', async () => {
    agents.start(counting);
    const task = { id: 'twice', contextId: 'sent-twice', payload: 1 };
    await stack.client.sendTasks([task]);
    await ended('twice');
    await stack.client.sendTasks([task]);
    await ended(await stack.client.sendTask({ contextId: 'sent-twice', payload: 2 }));
    expect((await stack.contexts.restore('sent-twice')).version).toBe(2);
  });

  test('with payload and result larger than a message passes them through S3', async () => {
    const large = 'x'.repeat(2 * 1024 * 1024);
    agents.start(counting);
    const done = await ended(await stack.client.sendTask({ payload: large }));
    expect(done).toMatchObject({
      status: 'done',
      result: { payload: large },
      record: { result: { kind: 'object' } },
    });
  });

  test('sent without a record, by any SQS client, gets one', async () => {
    agents.start(counting);
    const message = {
      v: 1,
      id: 'by-hand',
      pool: 'test',
      sentAtMs: Date.now(),
      payload: { kind: 'inline', json: '1' },
    };
    await sendRaw(JSON.stringify(message), 'task-by-hand');
    await vi.waitFor(async () => expect((await stack.client.getTask('by-hand'))?.status).toBe('done'), {
      timeout: 60_000,
    });
  });
});

describe('a handler that', () => {
  test('throws is tried again, and then given up with the reason on record and in the dead-letter queue', async () => {
    agents.start(async () => {
      throw new TypeError('no such tool');
    });
    const id = await stack.client.sendTask({ payload: 1 });
    expect(await ended(id)).toMatchObject({
      status: 'failed',
      reason: 'TypeError: no such tool',
      record: { attempts: 2 },
    });
    expect(await stack.deadLetters()).toMatchObject([
      { body: expect.stringContaining(id), reason: 'TypeError: no such tool' },
    ]);
  });

  test('fails once succeeds the second time, and finds what it had reported', async () => {
    agents.start(async (task, _context, { progress }) => {
      progress({ at: task.attempt });
      if (task.attempt === 1) throw new Error('a passing fault');
      return { result: task.progress };
    });
    const id = await stack.client.sendTask({ payload: 1 });
    expect(await ended(id)).toMatchObject({ status: 'done', result: { at: 1 } });
  });

  test.each<[string, unknown, string]>([
    ['a BigInt', { result: 1n }, 'the result cannot be stored as JSON'],
    [
      'a function in the context',
      { result: 1, context: { f: () => 1 } },
      'the context cannot be stored as JSON',
    ],
    ['nothing', undefined, 'the handler returned undefined, expected { result, context }'],
  ])('returns %s fails with the reason, and leaves the context as it was', async (name, returned, reason) => {
    agents.start(async () => returned as { result: unknown });
    const contextId = `unstorable-${name.replaceAll(' ', '-')}`;
    const id = await stack.client.sendTask({ contextId, payload: 1 });
    expect(await ended(id)).toMatchObject({ status: 'failed', reason: expect.stringContaining(reason) });
    expect((await stack.contexts.restore(contextId)).version).toBe(0);
  });

  test('takes too long is told to end, and fails', async () => {
    agents.start(
      (_task, _context, { signal }) => new Promise((_, reject) => signal.addEventListener('abort', reject)),
    );
    const id = await stack.client.sendTask({ payload: 1 });
    expect(await ended(id)).toMatchObject({ status: 'failed', reason: 'not done within 5 s' });
  });

  test('hangs ends its agent, and the task runs elsewhere', async () => {
    const stuck = agents.start((task) =>
      task.payload === 'hang' ? new Promise(() => {}) : counting(task, undefined, undefined as never),
    );
    const id = await stack.client.sendTask({ payload: 'hang' });
    expect(await stuck.ended).toBe('handler stuck');
    expect((await record(stuck.id))?.status).toBe('stopped');
    agents.start(counting);
    expect(await ended(id)).toMatchObject({ status: 'done', record: { attempts: 2 } });
  });
});

describe('a message that is no task', () => {
  test('goes to the dead-letter queue with its reason on record, and costs no agent', async () => {
    const agent = agents.start(counting);
    await status(agent.id, 'ready');
    const since = (await record(agent.id))?.statusSinceMs;
    await sendRaw('{"hello":"world"}', 'poison');
    const letters = await vi.waitFor(
      async () => {
        const found = await stack.deadLetters();
        expect(found).toMatchObject([
          { body: '{"hello":"world"}', reason: expect.stringContaining('not a task message') },
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
});

describe('a crash between two steps', () => {
  test('after the snapshot, the task completes with the same result and its effect is there once', async () => {
    let crashes = 0;
    const { contexts } = stack;
    const crashing: AgentPorts['contexts'] = {
      ...contexts,
      async save(...saved) {
        const result = await contexts.save(...saved);
        crashes += 1;
        if (crashes === 1) throw new Error('crashed after the snapshot');
        return result;
      },
    };
    const handler = vi.fn(counting);
    agents.start(handler, { contexts: crashing });
    const id = await stack.client.sendTask({ contextId: 'crash', payload: 'p' });
    expect(await ended(id)).toMatchObject({
      status: 'done',
      result: { saw: 0 },
      record: { attempts: 2, returned: 1 },
    });
    expect(handler).toHaveBeenCalledTimes(1);
    expect((await stack.contexts.restore('crash')).value).toEqual({ turns: [id] });
  });

  test('before the acknowledgement, the message goes without the task running again', async () => {
    let crashes = 0;
    const { queue } = stack;
    const crashing: AgentPorts['queue'] = {
      ...queue,
      async acknowledge(message) {
        crashes += 1;
        if (crashes === 1) throw new Error('crashed before the acknowledgement');
        await queue.acknowledge(message);
      },
    };
    const handler = vi.fn(counting);
    agents.start(handler, { queue: crashing });
    await ended(await stack.client.sendTask({ payload: 'p' }));
    await vi.waitFor(
      async () => expect(await queue.counts()).toEqual({ visible: 0, inFlight: 0, delayed: 0 }),
      {
        timeout: 60_000,
      },
    );
    expect(crashes).toBe(2);
    expect(handler).toHaveBeenCalledTimes(1);
  });
});

describe('an agent', () => {
  test('that has to stop returns its task at once, without counting it as a failed attempt', async () => {
    const waiting: AgentHandler = (_task, _context, { signal }) =>
      new Promise((_, reject) => signal.addEventListener('abort', reject));
    const agent = agents.start(waiting);
    const id = await stack.client.sendTask({ payload: 1 });
    await status(agent.id, 'busy');
    agent.shutdown.request('SIGTERM');
    expect(await agent.ended).toBe('SIGTERM');
    expect(await record(agent.id)).toMatchObject({ status: 'stopped', interruptedTaskId: id });
    expect(await stack.tasks.get(id)).toMatchObject({ status: 'queued', attempts: 1, returned: 1 });
    agents.start(counting);
    expect(await ended(id)).toMatchObject({ status: 'done' });
  });

  test('that is refused protection takes no work until it gets it', async () => {
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

  test('that was drained takes nothing more, and leaves even if nobody stops it', async () => {
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

  test('that was taken for lost stops', async () => {
    const agent = agents.start(counting);
    await status(agent.id, 'ready');
    await stack.store.transition(agent.id, 'lose', { nowMs: Date.now() });
    expect(await agent.ended).toBe('lost');
  });
});

async function sendRaw(body: string, groupId: string): Promise<void> {
  await sqsClient().send(
    new SendMessageCommand({
      QueueUrl: stack.pool.queueUrl,
      MessageBody: body,
      MessageGroupId: groupId,
      MessageDeduplicationId: groupId,
    }),
  );
}
