// Covers: shared/tasks/message.ts, shared/core/pool/config.ts, shared/core/pool/settings.ts, shared/aws/dynamo-items.ts, functions/reconcile/task-stopped.ts, shared/contexts/codec.ts, shared/contexts/chain.ts
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ZodError } from 'zod';
import { parseTaskStopped } from '../../functions/reconcile/task-stopped.ts';
import { parseAgent, parseState } from '../../shared/aws/dynamo-items.ts';
import { unpackLinks } from '../../shared/contexts/chain.ts';
import { compress, decompress } from '../../shared/contexts/codec.ts';
import { ConfigError, parsePools } from '../../shared/core/pool/config.ts';
import { encodeId, parseId } from '../../shared/core/pool/id.ts';
import { effectiveConfig } from '../../shared/core/pool/settings.ts';
import { formatEnvelope } from '../../shared/tasks/envelope.ts';
import { type Incoming, parseMessage } from '../../shared/tasks/message.ts';
import { ValueError } from '../../shared/tasks/values.ts';
import { cases } from '../cases.ts';
import { pool } from '../unit/build.ts';

/** Whatever comes from outside is either taken, or refused in the one way that its caller knows. */
const CASES = { numRuns: cases(10_000) };

/** JSON with names that are dangerous in JavaScript, and values of every kind and size. */
const dangerous = fc.constantFrom(
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  '../../etc/passwd',
  'a\u0000b',
  'a\nb',
);
const anything = fc.anything({
  key: fc.oneof(
    fc.string(),
    dangerous,
    fc.constantFrom('name', 'handler', 'min', 'max', 'id', 'pk', 'sk', 'status', 'v'),
  ),
  values: [
    fc.string(),
    dangerous,
    fc.double(),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.uint8Array({ maxLength: 40 }),
  ],
  maxDepth: 3,
});

const task = {
  id: 'task-1',
  pool: 'test',
  contextId: 'c',
  sentAtMs: 1,
  payload: { kind: 'inline', json: '1' },
} as const;

/** A valid value with one part, somewhere, replaced by something else. */
function spoiled(valid: object): fc.Arbitrary<unknown> {
  const fields = Object.keys(valid);
  return fc
    .tuple(fc.constantFrom(...fields), anything, fc.boolean())
    .map(([field, value, removed]) =>
      removed
        ? Object.fromEntries(Object.entries(valid).filter(([name]) => name !== field))
        : { ...valid, [field]: value },
    );
}

function asJson(value: unknown): string {
  try {
    return String(JSON.stringify(value));
  } catch {
    return String(value);
  }
}

test('any message is a task or is rejected with a reason', () => {
  const bodies = fc.oneof(
    fc.string(),
    anything.map(asJson),
    spoiled({ agentpool: 1, ...task }).map(asJson),
    fc.constant(formatEnvelope(task)),
  );
  const text = fc.option(fc.string(), { nil: undefined });
  const attributes = fc.record({ taskId: text, contextId: text }).map(withoutUndefined);
  const messages = fc.record({
    messageId: fc.uuid(),
    body: bodies,
    sentAtMs: fc.nat(),
    groupId: text,
    deduplicationId: text,
    attributes,
  });
  fc.assert(
    fc.property(messages, (message) => {
      const parsed = parseMessage(withoutUndefined(message) as Incoming, 'test');
      if (parsed.kind === 'invalid') {
        expect(parsed.reason).not.toBe('');
        return;
      }
      const { id, contextId, payload, pool } = parsed.task;
      expect(pool).toBe('test');
      for (const each of [id, contextId ?? 'none']) expect(parseId(each, 'the id')).toBe(each);
      if (payload.kind === 'inline') JSON.parse(payload.json);
    }),
    CASES,
  );
});

test.each([
  { payload: 'a secret' },
  { payload: { kind: 'a secret' } },
  { sentAtMs: 'a secret' },
  { pool: { name: 'a secret' } },
])('the logged reason of a rejected message does not contain its content: %j', (spoiling) => {
  const body = JSON.stringify({ agentpool: 1, ...task, ...spoiling });
  const parsed = parseMessage({ messageId: 'm', body, sentAtMs: 1, attributes: {} }, 'test');
  expect(parsed).toMatchObject({ kind: 'invalid', reason: expect.not.stringContaining('secret') });
});

function withoutUndefined<T extends object>(value: T) {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined));
}

test('an ID becomes a safe part of a key, or is rejected', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), dangerous, anything), (value) => {
      let id: string;
      try {
        id = parseId(value, 'the id');
      } catch (error) {
        expect((error as Error).message).toContain('for the id: expected');
        return;
      }
      expect(encodeId(id)).toMatch(/^[A-Za-z0-9!][A-Za-z0-9_.:!-]*$/);
    }),
    CASES,
  );
});

test('a configuration is valid, or rejected with a line for each problem', () => {
  const pools = fc.oneof(
    anything,
    fc.array(anything, { maxLength: 3 }),
    fc.array(spoiled({ name: 'a', handler: './a.ts', min: 1, max: 2 }), { maxLength: 2 }),
  );
  fc.assert(
    fc.property(pools, (given) => {
      try {
        expect(parsePools(given).length).toBeGreaterThan(0);
      } catch (error) {
        expect(error).toBeInstanceOf(ConfigError);
      }
    }),
    CASES,
  );
  expect(({} as { max?: number }).max).toBeUndefined();
});

test('settings never make a pool invalid: they take effect, or are left out with a reason', () => {
  const deployed = pool({ min: 0, max: 5 });
  fc.assert(
    fc.property(
      fc.dictionary(
        fc.oneof(dangerous, fc.constantFrom('min', 'max', 'policies', 'budget', 'schedule')),
        anything,
      ),
      (values) => {
        const effective = effectiveConfig(deployed, { values, by: 'fuzz', atMs: 1 });
        expect(effective.config.min).toBeLessThanOrEqual(effective.config.max);
        expect(effective.config.name).toBe('test');
      },
    ),
    CASES,
  );
});

describe('a record', () => {
  const instance = {
    pk: 'POOL#test#AGENTS',
    sk: 'AGENT#a',
    revision: 'a:1',
    status: 'ready',
    statusSinceMs: 1,
    launchedAtMs: 1,
    heartbeatAtMs: 1,
    contextBytes: 0,
    warmContexts: [],
    minutes: new Uint8Array(),
  };
  test('any agent record is read, or reported as unreadable', () => {
    fc.assert(
      fc.property(fc.oneof(anything, spoiled(instance)), (item) => {
        const parsed = parseAgent(item);
        if (!parsed.success) expect(parsed.error.issues.length).toBeGreaterThan(0);
      }),
      CASES,
    );
  });

  test('any pool state is read, or the tick fails naming what is wrong in it', () => {
    const state = { holder: 'a', fence: 1, untilMs: 1, emptyTicks: 0, mode: { kind: 'automatic' } };
    fc.assert(
      fc.property(fc.oneof(anything, spoiled(state)), (item) => {
        try {
          expect(parseState(item).lease.fence).toEqual(expect.any(Number));
        } catch (error) {
          expect((error as Error).message).toContain('STATE item cannot be read');
        }
      }),
      CASES,
    );
  });
});

test('an event that is not of a stopped ECS task is rejected', () => {
  fc.assert(
    fc.property(anything, (event) => {
      expect(() => parseTaskStopped(event)).toThrow(ZodError);
    }),
    CASES,
  );
});

describe('a snapshot', () => {
  test('any bytes are unpacked to the snapshot that they claim, or reported as damaged', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 200 }),
        fc.uint8Array({ maxLength: 100 }),
        fc.nat({ max: 500 }),
        async (content, known, plainBytes) => {
          const plain = await decompress(content, known, plainBytes).catch((error: unknown) => error);
          if (plain instanceof Uint8Array) expect(plain).toHaveLength(plainBytes);
          else expect(plain).toBeInstanceOf(ValueError);
        },
      ),
      CASES,
    );
  });

  test('a snapshot that would unpack to more than it claims is not unpacked', async () => {
    const bomb = await compress(new Uint8Array(50_000_000), new Uint8Array());
    expect(bomb.length).toBeLessThan(10_000);
    await expect(decompress(bomb, new Uint8Array(), 1_000)).rejects.toThrow(ValueError);
  });

  test('any bytes are a sequence of links, or reported as damaged', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (packed) => {
        try {
          expect(Array.isArray(unpackLinks(packed))).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
          expect((error as Error).message).not.toContain('undefined');
        }
      }),
      CASES,
    );
  });
});
