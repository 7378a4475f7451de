// Covers: shared/tasks/values.ts
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatMessage, parseMessage } from '../../shared/tasks/message.ts';
import { toJson, ValueError } from '../../shared/tasks/values.ts';
import { checkMessage } from '../../sim/aws/limits.ts';

const task = {
  v: 1,
  id: 'task-1',
  pool: 'test',
  contextId: 'c-1',
  sentAtMs: 5,
  payload: { kind: 'inline', json: '{}' },
} as const;
const object = { kind: 'object', key: 'payloads/test/x', bytes: 1, sha256: 'a'.repeat(64) } as const;

test('a task message is read as it was written', () => {
  expect(parseMessage(formatMessage(task), 'test', 'c-1')).toEqual({ kind: 'task', task });
  expect(parseMessage(formatMessage(task), 'test', undefined)).toEqual({ kind: 'task', task });
});

describe('an invalid message', () => {
  test.each<[string, string, string]>([
    ['not JSON', 'hello', 'not JSON'],
    ['not a task', '{"hello":1}', 'not a task message'],
    ['a later version', JSON.stringify({ ...task, v: 2 }), 'v:'],
    ['an unknown field', JSON.stringify({ ...task, extra: 1 }), 'extra'],
    ['an id of two lines', JSON.stringify({ ...task, id: 'a\nb' }), 'id: expected 1 to 256 bytes'],
    ['another pool', JSON.stringify({ ...task, pool: 'other' }), 'sent to pool "other"'],
    [
      'another group',
      JSON.stringify({ ...task, contextId: 'c-2' }),
      `message group "c-1" doesn't match its context`,
    ],
    [
      'a payload of another pool',
      JSON.stringify({ ...task, payload: { ...object, key: 'payloads/other/x' } }),
      'outside payloads/test/',
    ],
  ])('an invalid message is rejected with its reason: %s', (_case, body, reason) => {
    const parsed = parseMessage(body, 'test', 'c-1');
    expect(parsed).toMatchObject({ kind: 'invalid', reason: expect.stringContaining(reason) });
  });

  test('an invalid message keeps its ID where it can still be read', () => {
    expect(parseMessage(JSON.stringify({ ...task, v: 2 }), 'test', 'c-1')).toMatchObject({ id: 'task-1' });
    expect(parseMessage('null', 'test', 'c-1')).toMatchObject({ id: undefined });
  });
});

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
      const task = { v: 1, id: 't', pool: 'test', sentAtMs: 1, payload: { kind: 'inline', json } } as const;
      const body = formatMessage(task);
      expect(() => checkMessage({ body })).not.toThrow();
      expect(parseMessage(body, 'test', undefined)).toEqual({ kind: 'task', task });
    }),
  );
});
