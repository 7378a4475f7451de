// Covers: agent/handlers/echo.ts, local/strict/deduplicate-by-group.ts, shared/tasks/message.ts, shared/aws/sqs-queue.ts, shared/aws/dead-letters.ts, infra/storage/pool-queue.ts
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { AgentHandler } from '../../agent/handler.ts';
import { run } from '../../cli/run.ts';
import { AGENT_POOL, agentsOf } from './agents.ts';
import { startTestStack, type TestStack } from './stack.ts';

type Attributes = Readonly<Record<string, { DataType: string; StringValue?: string; BinaryValue?: string }>>;
type Sent = {
  readonly body: string;
  readonly group?: string;
  readonly deduplication?: string;
  readonly attributes?: Attributes;
};

const MIB = 1_048_576;

/** As the AWS CLI (1.45) and boto3 (1.43) send it, recorded from them: JSON, without a character beyond ASCII. */
async function sendAsCli(
  stack: TestStack,
  { body, group, deduplication, attributes }: Sent,
): Promise<string> {
  const queueUrl = stack.pool.queueUrl;
  const input = {
    QueueUrl: queueUrl,
    MessageBody: body,
    ...(attributes && { MessageAttributes: attributes }),
    ...(group !== undefined && { MessageGroupId: group }),
    ...(deduplication !== undefined && { MessageDeduplicationId: deduplication }),
  };
  const response = await fetch(new URL('/', process.env['AWS_ENDPOINT_URL_SQS'] ?? queueUrl), {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': 'AmazonSQS.SendMessage',
      'x-amzn-query-mode': 'true',
      authorization:
        'AWS4-HMAC-SHA256 Credential=local/20261126/us-east-1/sqs/aws4_request, SignedHeaders=host, Signature=0',
    },
    body: JSON.stringify(input).replaceAll(
      /[^ -~]/g,
      (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
    ),
  });
  const answer = (await response.json()) as { MessageId: string };
  expect(response.status, JSON.stringify(answer)).toBe(200);
  return answer.MessageId;
}

const attribute = (StringValue: string) => ({ DataType: 'String', StringValue });

/** Returns what it was given, and counts the turns of the conversation. */
const answering: AgentHandler = async ({ id, contextId, payload }, context) => {
  const turns = ((context ?? 0) as number) + 1;
  return { result: { id, contextId, payload, turns }, context: turns };
};

function poolOf(changes: Parameters<typeof startTestStack>[0]) {
  let stack: TestStack;
  let agents: ReturnType<typeof agentsOf>;
  beforeAll(async () => {
    stack = await startTestStack({ ...AGENT_POOL, ...changes });
    agents = agentsOf(stack);
  });
  afterEach(() => agents.stopAll());
  afterAll(() => stack.close());
  return {
    stack: () => stack,
    start: (handler: AgentHandler = answering) => agents.start(handler),
    done: async (id: string) => {
      await vi.waitFor(async () => expect(await stack.client.getTask(id)).toBeDefined(), { timeout: 20_000 });
      return stack.client.waitForTask(id, 30_000);
    },
  };
}

describe('in a FIFO queue', () => {
  const { stack, start, done } = poolOf({ ordering: 'fifo', taskTimeoutSeconds: 100 });

  test('a message of the AWS CLI is a task: its body is the payload, its group the conversation', async () => {
    start();
    const payload = { question: 'Wo ist meine Bestellung? äöü' };
    const id = await sendAsCli(stack(), { body: JSON.stringify(payload), group: 'customer-7' });
    expect(await done(id)).toMatchObject({
      status: 'done',
      result: { id, contextId: 'customer-7', payload, turns: 1 },
    });
    // A client sends the next turn of the same conversation.
    const next = await stack().client.sendTask({ contextId: 'customer-7', payload: 'and now?' });
    expect(await done(next)).toMatchObject({ result: { contextId: 'customer-7', turns: 2 } });
  });

  test('a deduplication ID is the ID of the task, and of one task in each conversation', async () => {
    start();
    await sendAsCli(stack(), { body: 'text', group: 'user@example.com', deduplication: 'turn-1' });
    expect(await done('turn-1')).toMatchObject({
      result: { contextId: 'user@example.com', payload: 'text' },
    });
    const id = await sendAsCli(stack(), {
      body: 'text',
      group: 'other@example.com',
      deduplication: 'turn-1',
    });
    expect(await done(id)).toMatchObject({ result: { contextId: 'other@example.com', payload: 'text' } });
  });

  test('of the same text in one conversation within five minutes, SQS takes one, and one in each other', async () => {
    start();
    const ids = [];
    for (const group of ['once', 'once', 'twice']) ids.push(await sendAsCli(stack(), { body: 'yes', group }));
    const [first = '', again, other = ''] = ids;
    expect(again).toBe(first);
    expect(await done(first)).toMatchObject({ result: { contextId: 'once', turns: 1 } });
    expect(await done(other)).toMatchObject({ result: { contextId: 'twice', turns: 1 } });
  });

  test('a message that fails is found under its ID in the dead-letter queue, and redriven as the same task', async () => {
    const failing = start(async () => {
      throw new Error('no model');
    });
    const id = await sendAsCli(stack(), {
      body: '{"a":1}',
      group: 'customer-8',
      deduplication: 'turn-8',
    }).then(() => 'turn-8');
    expect(await done(id)).toMatchObject({ status: 'failed' });
    failing.shutdown.request('SIGTERM');
    await failing.ended;
    const said: string[] = [];
    const output = {
      say: (line: string) => void said.push(line),
      warn: (line: string) => void said.push(line),
    };
    const outputs = ['--outputs', stack().stack.outputsFile];
    expect(await run(['dead', 'list', 'test', ...outputs], output)).toBe(0);
    expect(said.join('\n')).toMatch(/turn-8 .*customer-8 .*no model/);
    expect(await run(['dead', 'redrive', 'test', 'turn-8', ...outputs], output)).toBe(0);
    start();
    await vi.waitFor(async () => expect(await stack().client.getTask(id)).toMatchObject({ status: 'done' }), {
      timeout: 20_000,
    });
    expect(await done(id)).toMatchObject({ result: { contextId: 'customer-8', payload: { a: 1 } } });
  });

  test('a message that claims the ID of another task does that task no harm', async () => {
    const { promise: rejection, resolve: isRejected } = Promise.withResolvers<void>();
    const { promise: beginning, resolve: hasStarted } = Promise.withResolvers<void>();
    const waiting: AgentHandler = async ({ payload }, _context, { signal }) => {
      if (payload !== 'long') return { result: 'short' };
      hasStarted();
      await rejection;
      return { result: signal.aborted };
    };
    // One for the task, and one for what claims to be it.
    for (const handler of [waiting, waiting]) start(handler);
    const victim = await stack().client.sendTask({ id: 'victim', payload: 'long', contextId: 'a' });
    await beginning;
    const rejected = await sendAsCli(stack(), { body: '{"agentpool":1,"id":"victim"}', group: 'b' });
    expect(await done(rejected)).toMatchObject({ status: 'failed' });
    expect(await stack().client.getTask(victim)).toMatchObject({ status: 'running' });
    isRejected();
    expect(await done(victim)).toMatchObject({ status: 'done', result: false });
    const other = await sendAsCli(stack(), {
      body: '1',
      group: 'c',
      deduplication: 'd-c',
      attributes: { taskId: attribute('victim') },
    });
    const reason = expect.stringContaining('task ID "victim" belongs to a task of another conversation');
    expect(await done(other)).toMatchObject({ status: 'failed', reason });
    expect(await done(victim)).toMatchObject({ status: 'done' });
  });

  test('a task that is sent again with another large payload keeps the one its message names', async () => {
    const large = (text: string) => ({ id: 'large-1', payload: text.repeat(50_000), contextId: 'l' });
    await stack().client.sendTask(large('1'));
    await stack().client.sendTask(large('2'));
    start(async ({ payload }) => ({ result: (payload as string).slice(0, 1) }));
    expect(await done('large-1')).toMatchObject({ status: 'done', result: '1' });
  });

  test('a dead letter is the task of its own conversation, even if another one has its deduplication ID', async () => {
    start();
    await sendAsCli(stack(), { body: 'a', group: 'conv-a', deduplication: 'turn-9' });
    expect(await done('turn-9')).toMatchObject({ status: 'done' });
    // As SQS moves it by itself: with nothing but what the sender said.
    const moved = { pool: { queueUrl: stack().pool.deadLetterQueueUrl } } as TestStack;
    const id = await sendAsCli(moved, { body: 'b', group: 'conv-b', deduplication: 'turn-9' });
    const said: string[] = [];
    const output = {
      say: (line: string) => void said.push(line),
      warn: (line: string) => void said.push(line),
    };
    expect(await run(['dead', 'redrive', 'test', id, '--outputs', stack().stack.outputsFile], output)).toBe(
      0,
    );
    expect(await done(id)).toMatchObject({ result: { contextId: 'conv-b', payload: 'b' } });
  });

  test('a message of 1 MiB is a task, and one that fails keeps its reason in its record', async () => {
    start(async ({ payload }) => {
      throw new Error(`${(payload as string).length} characters are too many`);
    });
    const id = await sendAsCli(stack(), { body: 'x'.repeat(MIB), group: 'large' });
    const reason = expect.stringContaining(`${MIB} characters are too many`);
    expect(await done(id)).toMatchObject({ status: 'failed', reason });
    await vi.waitFor(
      async () => expect((await stack().deadLetters()).map(({ body }) => body?.length)).toContain(MIB),
      { timeout: 20_000 },
    );
  });
});

describe('in a standard queue', () => {
  const { stack, start, done } = poolOf({ ordering: 'none' });

  test('attributes say the conversation and the ID of a message, of any type', async () => {
    start();
    await sendAsCli(stack(), {
      body: 'hi',
      group: 'tenant-1',
      attributes: {
        contextId: attribute('Müller & Söhne'),
        taskId: attribute('order/7'),
        number: { DataType: 'Number', StringValue: '7' },
        binary: { DataType: 'Binary', BinaryValue: 'AAEC' },
      },
    });
    expect(await done('order/7')).toMatchObject({ result: { contextId: 'Müller & Söhne', payload: 'hi' } });
  });

  test('an attribute that is not text ends the task with a reason that says so', async () => {
    start();
    const id = await sendAsCli(stack(), {
      body: 'hi',
      attributes: { contextId: { DataType: 'Binary', BinaryValue: 'AAEC' } },
    });
    expect(await done(id)).toMatchObject({
      status: 'failed',
      reason: expect.stringContaining('attribute contextId: expected 1 to 256 bytes of text'),
    });
  });
});
