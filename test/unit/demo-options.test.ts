// Covers: local/demo/options.ts
import { expect, test } from 'vitest';
import { parseOptions } from '../../local/demo/options.ts';

test.each([
  [['--speed', '0'], '--speed takes a number above 0'],
  [['--tasks', '1.5'], '--tasks takes a whole number above 0, not "1.5"'],
  [['--sped', '3'], "Unknown option '--sped'"],
])('the demo rejects %j with the values that it takes', (args, message) => {
  expect(() => parseOptions(args)).toThrow(message);
});
