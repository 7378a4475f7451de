// Covers: shared/tasks/values.ts, shared/tasks/message.ts, shared/tasks/envelope.ts
import { createHash } from 'node:crypto';
import type { SQSClient } from '@aws-sdk/client-sqs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sqsQueue } from '../../shared/aws/sqs-queue.ts';
import type { TaskRecord } from '../../shared/core/pool/task-record.ts';
import { formatEnvelope } from '../../shared/tasks/envelope.ts';
import { groupOf, type Incoming, identified, parseMessage, tenantOf } from '../../shared/tasks/message.ts';
import { toJson, ValueError } from '../../shared/tasks/values.ts';
import { checkMessage } from '../../sim/aws/limits.ts';

const task = {
  id: 'task-1',
  pool: 'test',
  contextId: 'c-1',
  sentAtMs: 5,
  payload: { kind: 'inline', json: '{}' },
} as const;
const object = { kind: 'object', key: 'payloads/test/x', bytes: 1, sha256: 'a'.repeat(64) } as const;
const envelope = { agentpool: 1, ...task };

/** As a FIFO queue delivers it. */
function inFifo(body: string, changes: Partial<Incoming> = {}): Incoming {
  return {
    messageId: 'm-1',
    body,
    groupId: 'c-1',
    deduplicationId: sha256(body),
    sentAtMs: 7,
    attributes: {},
    ...changes,
  };
}
/** As a standard queue delivers it. */
function inStandard(body: string, changes: Partial<Incoming> = {}): Incoming {
  return { messageId: 'm-1', body, sentAtMs: 7, attributes: {}, ...changes };
}
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const taskOf = (message: Incoming) => {
  const parsed = parseMessage(message, 'test');
  if (parsed.kind === 'invalid') throw new Error(parsed.reason);
  return parsed.task;
};

describe('an envelope', () => {
  test('an envelope is read as it was written, from either kind of queue', () => {
    expect(taskOf(inFifo(formatEnvelope(task)))).toEqual(task);
    expect(taskOf(inStandard(formatEnvelope(task), { groupId: 'a tenant' }))).toEqual(task);
  });

  test('an envelope of an earlier version is read, which had no mark', () => {
    expect(taskOf(inFifo(JSON.stringify({ v: 1, ...task })))).toEqual(task);
    const former = { ...task, contextId: 'user@example.com' };
    const message = inFifo(JSON.stringify({ v: 1, ...former }), { groupId: 'user!40example.com' });
    expect(taskOf(message)).toEqual(former);
  });

  test.each<[string, object, string]>([
    ['a later version', { ...envelope, agentpool: 2 }, 'agentpool:'],
    ['an unknown field', { ...envelope, extra: 1 }, 'extra'],
    ['nothing but its mark', { agentpool: 1 }, 'not a valid envelope (docs/envelope.md): id: '],
    ['an id of two lines', { ...envelope, id: 'a\nb' }, 'id: expected 1 to 256 bytes'],
    ['another pool', { ...envelope, pool: 'other' }, 'sent to pool "other"'],
    [
      'another group',
      { ...envelope, contextId: 'c-2' },
      `message group "c-1" doesn't match its context: expected "c-2"`,
    ],
    [
      'a payload of another pool',
      { ...envelope, payload: { ...object, key: 'payloads/other/x' } },
      'outside payloads/test/',
    ],
  ])('an envelope that is not valid is rejected with its reason: %s', (_case, body, reason) => {
    const parsed = parseMessage(inFifo(JSON.stringify(body)), 'test');
    expect(parsed).toMatchObject({ kind: 'invalid', reason: expect.stringContaining(reason) });
  });
});

describe('a message of any sender', () => {
  test.each<[string, string, unknown]>([
    ['JSON', '{"question":"Where is my order?"}', { question: 'Where is my order?' }],
    ['a number', '42', 42],
    ['null', 'null', null],
    ['text', 'Where is my order?', 'Where is my order?'],
    ['blank', ' ', ' '],
    ['almost JSON', '{"question":', '{"question":'],
    ['what earlier envelopes looked like', '{"v":1,"id":"x"}', { v: 1, id: 'x' }],
    ['JSON of 1 MiB', `"${'x'.repeat(1_048_574)}"`, 'x'.repeat(1_048_574)],
  ])('the body is the payload: %s', (_case, body, payload) => {
    const { payload: stored } = taskOf(inStandard(body));
    expect(stored.kind === 'inline' && JSON.parse(stored.json)).toEqual(payload);
  });

  test('in a FIFO queue, its group is its conversation, and its deduplication ID is its ID', () => {
    expect(taskOf(inFifo('hi', { groupId: 'user@example.com', deduplicationId: 'turn-7' }))).toEqual({
      id: 'turn-7',
      pool: 'test',
      contextId: 'user@example.com',
      sentAtMs: 7,
      payload: { kind: 'inline', json: '"hi"' },
    });
  });

  test('a deduplication ID that SQS made from the body is no ID: two tasks can have the same text', () => {
    expect(taskOf(inFifo('yes'))).toMatchObject({ id: 'm-1', contextId: 'c-1' });
  });

  test('under the deduplication ID of a task in another conversation, it has its message’s ID', async () => {
    const parsed = parseMessage(inFifo('hi', { deduplicationId: '1' }), 'test');
    if (parsed.kind === 'invalid') throw new Error(parsed.reason);
    const among = async (contextId?: string) => {
      const record = contextId === undefined ? undefined : { id: '1', contextId };
      return (await identified(parsed, { get: async () => record as TaskRecord | undefined })).id;
    };
    expect([await among(), await among('c-1'), await among('c-2')]).toEqual(['1', '1', 'm-1']);
  });

  test('in a standard queue, its attributes say its conversation and its ID, and its group is a tenant', () => {
    const attributes = { contextId: 'c-9', taskId: 'order/9' };
    expect(taskOf(inStandard('hi', { groupId: 'tenant', attributes }))).toMatchObject({
      id: 'order/9',
      contextId: 'c-9',
    });
    const bare = taskOf(inStandard('hi', { groupId: 'tenant' }));
    expect(bare).toMatchObject({ id: 'm-1' });
    expect(bare).not.toHaveProperty('contextId');
  });

  test.each<[string, Incoming, string]>([
    [
      'of two lines',
      inStandard('hi', { attributes: { contextId: 'a\nb' } }),
      'attribute contextId: expected',
    ],
    ['not text', inStandard('hi', { attributes: { taskId: '' } }), 'attribute taskId: expected'],
    [
      'against the group',
      inFifo('hi', { attributes: { contextId: 'c-2' } }),
      'attribute contextId "c-2" isn\'t the message group "c-1"',
    ],
  ])('an attribute that cannot be is rejected with its reason: %s', (_case, message, reason) => {
    expect(parseMessage(message, 'test')).toMatchObject({
      kind: 'invalid',
      reason: expect.stringContaining(reason),
    });
  });

  test('a sender and a client reach the same conversation under any name that SQS has for a group', () => {
    fc.assert(
      fc.property(fc.string({ unit: groupUnit, minLength: 1, maxLength: 128 }), (contextId) => {
        fc.pre(!contextId.startsWith('!-'));
        expect(groupOf({ id: 't', contextId })).toBe(contextId);
        expect(taskOf(inFifo('hi', { groupId: contextId })).contextId).toBe(contextId);
      }),
    );
  });
});

/** "alphanumeric characters and punctuation" */
const groupUnit = fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code));

describe('a value', () => {
  const cycle: { self?: unknown } = {};
  cycle.self = cycle;
  test.each<[string, unknown]>([
    ['undefined', undefined],
    ['a function', () => 1],
    ['a function inside', { call: () => 1 }],
    ['a BigInt', { n: 1n }],
    ['NaN', [Number.NaN]],
    ['a cycle', cycle],
  ])('a value that is not JSON is rejected with the reason: %s', (_case, value) => {
    expect(() => toJson(value, 'the result')).toThrow(ValueError);
    expect(() => toJson(value, 'the result')).toThrow(/^the result cannot be stored as JSON/);
  });
});

test('any payload makes a body that SQS takes, and comes back as it was', () => {
  const strings = fc.string({
    unit: fc
      .oneof(fc.integer({ min: 0, max: 0xffff }), fc.constantFrom(0, 0x1b, 0xd83d, 0xde42, 0xfffe, 0xffff))
      .map((unit) => String.fromCharCode(unit)),
  });
  fc.assert(
    fc.property(strings, (text) => {
      const json = JSON.stringify(text);
      const task = { id: 't', pool: 'test', sentAtMs: 1, payload: { kind: 'inline', json } } as const;
      const body = formatEnvelope(task);
      expect(() => checkMessage({ body })).not.toThrow();
      expect(taskOf(inStandard(body))).toEqual(task);
    }),
  );
});

test('the message group of a client’s task in a standard queue is its tenant, or else its conversation', async () => {
  const sent: unknown[] = [];
  const sqs = {
    send: async ({ input }: { input: { Entries: unknown[] } }) => {
      sent.push(...input.Entries);
      return {};
    },
  } as unknown as SQSClient;
  const group = (queueUrl: string, tenant: string | undefined) =>
    sqsQueue(sqs, { queueUrl }).send([
      {
        id: 't',
        body: 'x',
        groupId: 'c-1',
        deduplicationId: 't',
        tenant: tenantOf({ contextId: 'c-1', tenant }),
      },
    ]);
  await group('https://sqs/pool', 'big customer');
  await group('https://sqs/pool', undefined);
  await group('https://sqs/pool.fifo', 'big customer');
  expect(sent).toMatchObject([
    { MessageGroupId: expect.stringMatching(/^!-/) },
    { MessageGroupId: 'c-1' },
    { MessageGroupId: 'c-1', MessageDeduplicationId: 't' },
  ]);
});
