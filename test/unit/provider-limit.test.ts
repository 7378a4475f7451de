import { expect, test } from 'vitest';
import { limitTimeMs } from '../../shared/core/pool/provider-limit.ts';

test.each([
  ['one request of sixty a minute takes a second', { requests: 60 }, { requests: 1, tokens: 9_999 }, 1_000],
  ['half of the tokens take half a minute', { tokens: 400 }, { requests: 7, tokens: 200 }, 30_000],
  [
    'the scarcer of both sets the time: tokens',
    { requests: 60, tokens: 600 },
    { requests: 1, tokens: 60 },
    6_000,
  ],
  [
    'the scarcer of both sets the time: requests',
    { requests: 60, tokens: 600 },
    { requests: 3, tokens: 1 },
    3_000,
  ],
])('%s', (_case, perMinute, amounts, ms) => {
  expect(limitTimeMs({ perMinute }, amounts)).toBe(ms);
});
