import { describe, expect, test } from 'vitest';
import { LimitReached, notNow, RetryLater } from '../../agent/retry-later.ts';

const withHeaders = (status: number, headers: unknown) =>
  Object.assign(new Error('busy'), { status, headers });

describe('errors that say "not now"', () => {
  test.each<[string, unknown, number]>([
    ['thrown by the handler on purpose', new RetryLater({ afterSeconds: 20 }), 20],
    [
      'of another copy of the class',
      Object.assign(new Error('x'), { name: 'RetryLater', afterSeconds: 7 }),
      7,
    ],
    [
      "OpenAI's and Anthropic's, with headers as fetch gives them",
      withHeaders(429, new Headers({ 'Retry-After': '20' })),
      20,
    ],
    [
      'with milliseconds, which are more exact',
      withHeaders(529, { 'retry-after': '2', 'retry-after-ms': '1500' }),
      1.5,
    ],
    ['with a date that has passed', withHeaders(429, { 'retry-after': 'Wed, 21 Oct 2015 07:28:00 GMT' }), 0],
    ["the AI SDK's", { statusCode: 429, responseHeaders: { 'retry-after': '3' } }, 3],
    [
      'inside the last error of a retry',
      { name: 'AI_RetryError', lastError: { statusCode: 429, responseHeaders: {} } },
      5,
    ],
    ["axios's", { response: { status: 429, headers: { 'retry-after': '4' } } }, 4],
    ["Bedrock's", { name: 'ThrottlingException', $metadata: { httpStatusCode: 429 } }, 5],
    ['as the cause of another', new Error('step failed', { cause: withHeaders(429, {}) }), 5],
    ['with a header that nobody can read', withHeaders(429, { 'retry-after': 'soon' }), 5],
  ])('an error %s is put off', (_case, thrown, seconds) => {
    expect(notNow(thrown)?.afterSeconds).toBe(seconds);
  });
  test.each<[string, unknown]>([
    ['a bug', new TypeError('x is not a function')],
    ['a refused request', withHeaders(400, {})],
    ['an error of the server', withHeaders(500, { 'retry-after': '5' })],
    ['text', '429'],
    ['nothing', undefined],
  ])('%s is a failure', (_case, thrown) => {
    expect(notNow(thrown)).toBeUndefined();
  });
  test.each([-1, Number.NaN, 40_000])('a handler cannot ask for %d seconds', (afterSeconds) => {
    expect(() => new RetryLater({ afterSeconds })).toThrow(RangeError);
  });

  const later = { afterSeconds: 20 };
  test.each<[string, unknown, object]>([
    ['an error of an SDK closes the only limit of a pool', withHeaders(429, {}), { kind: 'only one' }],
    [
      'a handler closes the limit that it names',
      new RetryLater({ ...later, limit: 'openai' }),
      { kind: 'named', limit: 'openai' },
    ],
    ['a handler that waits for something else closes none', new RetryLater(later), { kind: 'none' }],
    [
      'a line that was too long closes none, even when it is the cause of another error',
      new Error('step failed', { cause: new LimitReached({ ...later, limit: 'openai' }) }),
      { kind: 'full' },
    ],
  ])('%s', (_case, thrown, closes) => {
    expect(notNow(thrown)?.closes).toEqual(closes);
  });
});
