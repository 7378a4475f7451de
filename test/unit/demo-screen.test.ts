// Covers: local/demo/screen.ts, local/demo/news.ts, local/demo/chart.ts, local/demo/hanging.ts
import { PassThrough } from 'node:stream';
import stringWidth from 'string-width';
import { describe, expect, test } from 'vitest';
import { CHART_ROWS, chartLines, fitsChart, type History } from '../../local/demo/chart.ts';
import { hanging } from '../../local/demo/hanging.ts';
import { newsReader } from '../../local/demo/news.ts';
import { openScreen } from '../../local/demo/screen.ts';
import type { DecisionRecord } from '../../shared/core/decision-record.ts';
import { decisionRecord, ids, inputs, NOW_MS, observation, pool } from './build.ts';

const busy = (count: number, visible: number) =>
  observation(count, { queue: { visible, inFlight: count }, agents: { ready: 0, busy: count } });
const grown = decisionRecord(inputs(busy(2, 9), { state: { desired: 2 } }));
const atMax = (count: number) =>
  decisionRecord(inputs(busy(count, 40), { state: { desired: count }, config: pool({ max: count }) }));

describe('the news of a demo', () => {
  test('a larger count says how many tasks are queued and what is expected', () => {
    expect(newsReader()(grown)).toEqual({
      kind: 'more',
      text: expect.stringMatching(
        /^2 → \d+ agents: 9 tasks queued, and new ones are expected to keep \d+\.\d busy/,
      ),
    });
  });

  test('a smaller count says how many agents are idle', () => {
    const idle = observation(8, { agents: { ready: 8, victims: ids(8) } });
    expect(newsReader()(decisionRecord(inputs(idle, { state: { desired: 8 } })))).toEqual({
      kind: 'fewer',
      text: expect.stringMatching(
        /^8 → \d+ agents?: 8 idle, and new tasks are expected to keep \d+\.\d busy/,
      ),
    });
  });

  test('with slots, both say how many', () => {
    const config = pool({ max: 9, concurrency: 4 });
    const slots = { used: 8, free: 0, unusable: 0, draining: 0 };
    const full = observation(2, { queue: { visible: 40 }, agents: { busy: 2, slots } });
    expect(newsReader()(decisionRecord(inputs(full, { state: { desired: 2 }, config })))?.text).toMatch(
      /^2 → \d+ agents: 40 tasks queued, and new ones are expected to use \d+\.\d slots/,
    );
    const free = { ready: 8, victims: ids(8), slots: { used: 3, free: 29, unusable: 0, draining: 0 } };
    const idle = observation(8, { agents: free });
    expect(newsReader()(decisionRecord(inputs(idle, { state: { desired: 8 }, config })))?.text).toMatch(
      /: 29 of 32 slots free, and new tasks are expected to use \d+\.\d slots$/,
    );
  });

  test('a limit is reported once until the pool grows again', () => {
    const read = newsReader();
    const text = '4 agents: 40 tasks queued, but the maximum is 4';
    expect(read(atMax(4))).toEqual({ kind: 'held', text });
    expect(read(atMax(4))).toBeUndefined();
    expect(read(atMax(6))?.text).toBe('6 agents: 40 tasks queued, but the maximum is 6');
  });

  test('a change that two ticks decide is reported once', () => {
    const read = newsReader();
    expect(read(grown)).toBeDefined();
    expect(read(grown)).toBeUndefined();
  });

  test('a quiet tick is no news', () => {
    const quiet = observation(2, { agents: { ready: 2 } });
    expect(newsReader()(decisionRecord(inputs(quiet, { state: { desired: 2 } })))).toBeUndefined();
  });

  test('a failure is reported once', () => {
    const read = newsReader();
    const failed: DecisionRecord = {
      ...grown,
      outcome: { kind: 'failed', step: 'set the desired count', reason: 'throttled' },
    };
    expect(read(failed)).toEqual({ kind: 'failed', text: 'could not set the desired count: throttled' });
    expect(read(failed)).toBeUndefined();
  });
});

/** A burst after 20 seconds. */
const history = (seconds: number): History => ({
  samples: Array.from({ length: seconds }, (_, at) => ({
    atSeconds: at,
    agents: at < 25 ? 2 : 12,
    queue: at > 20 && at < 30 ? 14 : 0,
  })),
  arrivals: Array.from({ length: seconds * 2 }, (_, index) => index / 2),
});

describe('the chart of a demo', () => {
  test.each(
    [40, 60, 80, 120].flatMap((columns) => [0, 1, 45, 600].map((seconds) => [columns, seconds] as const)),
  )('it fits %i columns after %i seconds, with the same number of rows', (columns, seconds) => {
    const lines = chartLines(history(seconds), columns, (_, text) => text);
    expect(lines).toHaveLength(CHART_ROWS);
    expect(Math.max(...lines.map((line) => stringWidth(line)))).toBeLessThanOrEqual(columns);
  });

  test('without colors, each series has a symbol of its own', () => {
    const drawn = chartLines(history(45), 80, (_, text) => text).join('\n');
    for (const symbol of ['━', '░', '•']) expect(drawn).toContain(symbol);
  });

  test.each([
    [{ columns: 80, rows: 24 }, true],
    [{ columns: 39, rows: 24 }, false],
    [{ columns: 80, rows: 12 }, false],
  ])('in a terminal of %j, whether there is one is %j', (size, expected) => {
    expect(fitsChart(size)).toBe(expected);
  });
});

test('without a terminal, each tick is a line with its columns and its reason', () => {
  const stream = new PassThrough();
  const screen = openScreen(stream as unknown as NodeJS.WriteStream, 5);
  screen.begin(NOW_MS - 12_000);
  screen.decided(grown);
  const [, header, tick] = String(stream.read()).split('\n');
  expect(header).toBe('  time  visible  in flight  ready  busy  slots  starting  desired  reason');
  expect(tick).toMatch(/^ {3}12s {8}9 {10}2 {6}0 {5}2 {4}2\/2 {9}0 +\d+ {2}scale-out: predictive: load of /);
});

test('what does not fit beside a label continues below the text, and nothing is cut', () => {
  expect(hanging(' 12s  ', 'the minimum is 1', 80)).toBe(' 12s  the minimum is 1');
  expect(hanging(' 12s  ', 'load of 3.0 tasks in 30 s', 28)).toBe(' 12s  load of 3.0 tasks in\n      30 s');
});
