import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { HistoryMinute } from '../../shared/core/pool/history.ts';
import { arrivalsOfMinutes } from '../../shared/tasks/trace-of-history.ts';

const minute = (at: number, changes: Partial<HistoryMinute>): HistoryMinute => ({
  minute: at,
  arrivals: 0,
  completed: 0,
  durationMs: 0,
  ...changes,
});
const arrivals = (...minutes: HistoryMinute[]) => Array.fromAsync(arrivalsOfMinutes(minutes));

describe('the arrivals of a history', () => {
  test('the arrivals of a minute are spread evenly over it, with the mean duration of its tasks', async () => {
    expect(await arrivals(minute(100, { arrivals: 3, completed: 2, durationMs: 5_000 }))).toEqual([
      { atSeconds: 10, durationSeconds: 2.5 },
      { atSeconds: 30, durationSeconds: 2.5 },
      { atSeconds: 50, durationSeconds: 2.5 },
    ]);
  });
  test('a minute in which nothing completed has the duration of the latest one in which something did', async () => {
    const durations = await arrivals(
      minute(100, { arrivals: 1 }),
      minute(101, { completed: 1, durationMs: 7_000 }),
      minute(105, { arrivals: 1 }),
    );
    expect(durations).toEqual([
      { atSeconds: 30, durationSeconds: 1 },
      { atSeconds: 330, durationSeconds: 7 },
    ]);
  });
  test('any history gives as many arrivals as it counted, in order, each within its minute', async () => {
    const counts = fc.array(fc.nat({ max: 200 }), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(counts, async (all) => {
        const found = await arrivals(...all.map((each, index) => minute(7 + index, { arrivals: each })));
        const inMinutes = all.map(
          (_, index) => found.filter(({ atSeconds }) => Math.floor(atSeconds / 60) === index).length,
        );
        expect(inMinutes).toEqual(all);
        expect(found.map(({ atSeconds }) => atSeconds)).toEqual(
          found.map(({ atSeconds }) => atSeconds).toSorted((a, b) => a - b),
        );
      }),
    );
  });
});
