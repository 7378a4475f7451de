// Covers: local/demo/options.ts
import { expect, test } from 'vitest';
import { parseOptions } from '../../local/demo/options.ts';

test.each([
  [['--speed', '0'], 'invalid value "0" for --speed: expected a number above 0'],
  [['--tasks', '1.5'], 'invalid value "1.5" for --tasks: expected a whole number above 0'],
  [['--concurrency', '65'], 'invalid value "65" for --concurrency: expected a whole number from 1 to 64'],
  [['--concurrency', '0'], 'expected a whole number from 1 to 64'],
  [['--sped', '3'], "Unknown option '--sped'"],
])('the demo rejects %j with the values that it takes', (args, message) => {
  expect(() => parseOptions(args)).toThrow(message);
});
