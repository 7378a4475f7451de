import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cleanText, describeError, terminalText } from '../../shared/core/foreign-text.ts';

describe('text from elsewhere', () => {
  test('it has no escape sequences and no control characters, is never empty, and is bounded', () => {
    const texts = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.string({
        unit: fc.constantFrom('\u001B', '[', ']', '0;', 'm', 'J', '\u0007', '\u009B', 'x', '😀', '\uD83D'),
      }),
    );
    fc.assert(
      fc.property(texts, fc.integer({ min: 2, max: 100 }), (text, max) => {
        const clean = cleanText(text, max);
        expect(clean.length).toBeGreaterThan(0);
        expect(clean.length).toBeLessThanOrEqual(Math.max(max, 'no reason given'.length));
        expect(clean).not.toMatch(/(?![\t\n\r])\p{Cc}|[\uFFFE\uFFFF]/u);
        expect(clean.isWellFormed()).toBe(true);
      }),
    );
  });
  test.each([
    ['\u001B[31mno such order\u001B[39m', 'no such order'],
    ['\u001B]0;owned\u0007\u001B[2J\u001B[1;1Hall is well', 'all is well'],
    ['a\u0000b', 'a\uFFFDb'],
    ['', 'no reason given'],
  ])('%j becomes %j', (text, expected) => {
    expect(cleanText(text, 100)).toBe(expected);
  });
  test('megabytes of it take no time', () => {
    expect(cleanText('\u001B]'.repeat(5_000_000), 1_000).length).toBeLessThanOrEqual(1_000);
  });
});

test('a terminal gets no escape sequence but the styles of text', () => {
  const text = '\u001B[31mred\u001B[0m \u001B]0;owned\u0007\u001B[2Jclean\u009B2J\u001B(\ttab\nline';
  expect(terminalText(text)).toBe('\u001B[31mred\u001B[0m clean\uFFFD2J\uFFFD(\ttab\nline');
});

describe('whatever was thrown', () => {
  const cyclic: Record<string, unknown> = {};
  cyclic['self'] = cyclic;
  const hostile = {
    get message(): string {
      throw new Error('no');
    },
  };
  test.each<[string, unknown, string]>([
    ['an error', new TypeError('x is not a function'), 'TypeError: x is not a function'],
    [
      'an error with its causes',
      new Error('no answer', {
        cause: new Error('fetch failed', { cause: { code: 'ECONNRESET', message: 'socket hang up' } }),
      }),
      'Error: no answer (caused by Error: fetch failed (caused by Error: socket hang up [ECONNRESET]))',
    ],
    [
      'several errors',
      new AggregateError([new Error('a'), 'b', new Error('c'), new Error('d')], 'all failed'),
      'AggregateError: all failed: Error: a; b; Error: c; and 1 more',
    ],
    [
      'a plain object',
      { status: 429, error: { type: 'rate_limit' } },
      '{"status":429,"error":{"type":"rate_limit"}}',
    ],
    ['an object with a message', { message: 'overloaded', code: 529 }, 'Error: overloaded [529]'],
    ['text', 'stop', 'stop'],
    ['nothing', undefined, 'undefined was thrown'],
    ['a cycle', cyclic, 'Object was thrown'],
    ['an object that throws when read', hostile, 'an object was thrown that cannot be described'],
    ['escape sequences', new Error('\u001B[31mred\u001B[0m'), 'Error: red'],
  ])('%s is described', (_case, thrown, expected) => {
    expect(describeError(thrown)).toBe(expected);
  });
  test('a cause that is its own cause ends', () => {
    const error = new Error('again');
    error.cause = error;
    expect(describeError(error).match(/again/g)).toHaveLength(5);
  });
});
