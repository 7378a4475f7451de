import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeId, encodeId, ID_BYTES, idSchema, parseId } from '../../shared/core/pool/id.ts';
import { deduplicationOf, groupOf } from '../../shared/tasks/message.ts';
import { checkMessage } from '../../sim/aws/limits.ts';

/** Any text, with what is special in keys, in URLs and in JavaScript more often than chance would have it. */
const ids = fc
  .oneof(
    fc.string({ unit: 'grapheme', maxLength: 60 }),
    fc.string({
      unit: fc.constantFrom('!', '%', '/', '.', '#', '~', '2', '5', 'F', ' ', 'ü'),
      maxLength: 40,
    }),
    fc.constantFrom('constructor', '..', 'x'.repeat(ID_BYTES), '漢'.repeat(ID_BYTES / 3)),
  )
  .filter((id) => idSchema.safeParse(id).success);

describe('an ID', () => {
  test.each(['user@example.com', '+49 30 901820', 'a/b', '../x', 'Müller', '客户-7', '👩‍💻', 'a#b', ' x '])(
    'an ID as people have it is taken: %s',
    (id) => {
      expect(parseId(id, 'the id')).toBe(id);
    },
  );

  test.each([
    ['empty', ''],
    ['of two lines', 'a\nb'],
    ['with an escape sequence', '\u001B[31m'],
    ['with half of a surrogate pair', 'a\uD800'],
    ['of 257 bytes', `${'x'.repeat(255)}ü`],
    ['one that JavaScript drops', '__proto__'],
    ['a number', 7],
  ])('an ID that is %s is refused, with what is expected', (_what, id) => {
    expect(() => parseId(id, 'the id of a task')).toThrow(
      /^invalid value .* for the id of a task: expected 1 to 256 bytes/,
    );
  });

  test('an ID of plain characters is its own key', () => {
    expect(encodeId('Task_7.a:b-c')).toBe('Task_7.a:b-c');
    expect(encodeId('user@example.com')).toBe('user!40example.com');
    expect(encodeId('..')).toBe('!2E.');
  });

  test('every ID has a key of its own, which is safe in S3 and as a file name', () => {
    fc.assert(
      fc.property(ids, (id) => {
        const key = encodeId(id);
        expect(key).toMatch(/^[A-Za-z0-9!][A-Za-z0-9_.:!-]*$/);
        expect(key.length).toBeLessThanOrEqual(3 * ID_BYTES);
        expect(decodeId(key)).toBe(id);
      }),
    );
  });

  test('every ID has a message group and a deduplication ID that SQS takes', () => {
    fc.assert(
      fc.property(ids, ids, (id, other) => {
        const names = (each: string) => [
          groupOf({ id: each }),
          groupOf({ id: 'task', contextId: each }),
          deduplicationOf({ id: each }),
        ];
        for (const groupId of names(id)) expect(() => checkMessage({ body: 'x', groupId })).not.toThrow();
        if (id !== other)
          for (const [at, name] of names(id).entries()) expect(name).not.toBe(names(other)[at]);
      }),
    );
  });
});
