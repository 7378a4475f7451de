// Covers: agent/commit.ts, agent/outcome.ts, shared/tasks/delivery.ts, agent/handler.ts, agent/progress.ts, shared/tasks/values.ts, shared/core/foreign-text.ts, shared/core/pool/task-record.ts
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { AgentPorts } from '../../agent/agent.ts';
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

const ended = (id: string) => stack.client.waitForTask(id, 30_000);

describe('a task', () => {
  test('a task returns its result and passes its context to the next task of the conversation', async () => {
    const agent = agents.start(counting);
    const contextId = 'a/müller@example.com';
    const tasks = ['one', 'two', 'three'].map((payload) => ({
      id: `${contextId} #${payload}`,
      contextId,
      payload,
    }));
    const [one = '', two = '', three = ''] = await stack.client.sendTasks(tasks);
    expect(await ended(three)).toMatchObject({ status: 'done', result: { saw: 2, payload: 'three' } });
    expect((await stack.contexts.restore(contextId)).value).toEqual({ turns: [one, two, three] });
    // This agent keeps no contexts: what is not the first turn is a miss.
    await vi.waitFor(() => expect(agent.attempted).toHaveBeenCalledTimes(3), { timeout: 60_000 });
    const contexts = agent.attempted.mock.calls.map(
      ([, outcome]) => outcome.kind === 'completed' && outcome.context,
    );
    expect(contexts).toMatchObject([{ isWarm: undefined }, { isWarm: false }, { isWarm: false }]);
  });

  test('a task with a damaged snapshot runs on the last good version, and its record and outcome say so', async () => {
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

  test('a task sent twice under one ID runs once', async () => {
    agents.start(counting);
    const task = { id: 'twice', contextId: 'sent-twice', payload: 1 };
    await stack.client.sendTasks([task]);
    await ended('twice');
    await stack.client.sendTasks([task]);
    await ended(await stack.client.sendTask({ contextId: 'sent-twice', payload: 2 }));
    expect((await stack.contexts.restore('sent-twice')).version).toBe(2);
  });

  test('a payload and a result larger than a message go through S3', async () => {
    const large = 'x'.repeat(2 * 1024 * 1024);
    agents.start(counting);
    const done = await ended(await stack.client.sendTask({ id: 'größe/1', payload: large }));
    expect(done).toMatchObject({
      status: 'done',
      result: { payload: large },
      record: { result: { kind: 'object' } },
    });
  });

  test('a task sent without a record, by any SQS client, gets one', async () => {
    agents.start(counting);
    const message = {
      v: 1,
      id: 'by-hand',
      pool: 'test',
      sentAtMs: Date.now(),
      payload: { kind: 'inline', json: '1' },
    };
    await sendRaw(stack, JSON.stringify(message), 'task-by-hand');
    await vi.waitFor(async () => expect((await stack.client.getTask('by-hand'))?.status).toBe('done'), {
      timeout: 60_000,
    });
  });
});

describe('a handler', () => {
  test('a task whose handler throws is retried, then fails with the reason on record and in the dead-letter queue', async () => {
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

  test('a handler that fails once finds its reported progress on the second attempt', async () => {
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
  ])(
    'a handler that returns %s fails with the reason and leaves the context unchanged',
    async (name, returned, reason) => {
      agents.start(async () => returned as { result: unknown });
      const contextId = `unstorable-${name.replaceAll(' ', '-')}`;
      const id = await stack.client.sendTask({ contextId, payload: 1 });
      expect(await ended(id)).toMatchObject({ status: 'failed', reason: expect.stringContaining(reason) });
      expect((await stack.contexts.restore(contextId)).version).toBe(0);
    },
  );

  test('a handler that exceeds the task timeout is aborted, and its task fails', async () => {
    agents.start(
      (_task, _context, { signal }) => new Promise((_, reject) => signal.addEventListener('abort', reject)),
    );
    const id = await stack.client.sendTask({ payload: 1 });
    expect(await ended(id)).toMatchObject({ status: 'failed', reason: 'timed out after 5 s' });
  });

  test('a handler that hangs ends its agent, and the task runs elsewhere', async () => {
    const stuck = agents.start((task) =>
      task.payload === 'hang' ? new Promise(() => {}) : counting(task, undefined, undefined as never),
    );
    const id = await stack.client.sendTask({ payload: 'hang' });
    expect(await stuck.ended).toBe('handler stuck');
    expect((await stack.store.instances()).instances.find(({ id: each }) => each === stuck.id)?.status).toBe(
      'stopped',
    );
    agents.start(counting);
    expect(await ended(id)).toMatchObject({ status: 'done', record: { attempts: 2 } });
  });
});

describe('a crash', () => {
  test('after a crash between snapshot and completion, the task completes with the same result and one effect', async () => {
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

  test('after a crash before the acknowledgement, the message is deleted without another run of the task', async () => {
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
