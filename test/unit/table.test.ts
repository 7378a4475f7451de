// Covers: cli/table.ts, cli/sparkline.ts
import stringWidth from 'string-width';
import { describe, expect, test } from 'vitest';
import { sparkline } from '../../cli/sparkline.ts';
import { shortened, table } from '../../cli/table.ts';

const HEADER = ['task', 'sent', 'attempts', 'reason'];
const ID = '0b2f5c1e-8a52-4d5e-9d2c-6f3c1f0f9a11';
const REASON = 'the model refused the request, because its context is longer than it can take';
const TASKS = table(HEADER, [
  [ID, '2026-01-02T03:04:05Z', 12, REASON],
  ['short', '2026-01-02T03:04:05Z', 1, 'two\nlines'],
]);
const lines = (width: number) => TASKS(width).split('\n');

describe('a table', () => {
  test('where there is room, everything is shown in full, numbers to the right', () => {
    expect(lines(Number.POSITIVE_INFINITY)).toEqual([
      `task${' '.repeat(34)}sent                  attempts  reason`,
      `${ID}  2026-01-02T03:04:05Z        12  ${REASON}`,
      `short${' '.repeat(33)}2026-01-02T03:04:05Z         1  two lines`,
    ]);
  });
  test.each([80, 60])('on %i columns, texts are shortened, and neither numbers nor times', (columns) => {
    const shown = lines(columns);
    expect(Math.max(...shown.map((line) => stringWidth(line)))).toBeLessThanOrEqual(columns);
    expect(shown[1]).toMatch(/^0b2f5c1\S*… {2}2026-01-02T03:04:05Z {8}12 {2}the .*…$/);
  });
  test('on a terminal too narrow for anything, enough of an ID is left to name its task', () => {
    expect(lines(10)[1]).toMatch(/^0b2f5c1… {2}2026-01-02T03:04:05Z {8}12 {2}the mod…$/);
  });
  test('a text is cut between characters, and counts as many columns as it takes', () => {
    expect(shortened('客户服务部门', 7)).toBe('客户服…');
    expect(shortened('👨‍👩‍👧‍👦 family', 4)).toBe('👨‍👩‍👧‍👦…');
  });
});

test('a sparkline goes from zero to the greatest value, and leaves gaps where nothing is known', () => {
  expect(sparkline([0, 1, undefined, 7, 14], 10)).toBe('▁▂ ▅█');
  expect(sparkline([0, 0], 10)).toBe('▁▁');
  expect(sparkline([1, 2, 4], 2)).toBe('▅█');
});
