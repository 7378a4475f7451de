// Covers: console/live.ts, console/new-decisions.ts, console/deployed/deployed-source.ts
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { TimeRange } from '../../console/lanes.ts';
import { live } from '../../console/live.ts';
import type { Source } from '../../console/source.ts';
import type { Tick } from '../../console/ticks.ts';

const NOW_MS = 1_767_571_200_000;
let watched: ReturnType<typeof live> | undefined;
beforeEach(() => {
  vi.useFakeTimers({ now: NOW_MS });
});
afterEach(() => {
  watched?.close();
  vi.useRealTimers();
});

/** A source with the decisions of two pools, which can be made to fail. */
function sourceOf(recorded: { pool: string; atMs: number }[], failing = new Set<string>()): Source {
  const mayFail = (what: string) => {
    if (failing.has(what)) throw new Error(`no ${what}`);
  };
  return {
    pools: [{ name: 'a' }, { name: 'b' }],
    pace: { pools: 1_000, points: 1_000 },
    readPools: async () => {
      mayFail('pools');
      return [];
    },
    alarms: async () => [],
    async points(sinceMs: number) {
      mayFail('points');
      return { since: [[NOW_MS - sinceMs, 0]] };
    },
    async decisions(pool: string, { fromMs }: TimeRange) {
      mayFail(pool);
      const found = recorded.filter((each) => each.pool === pool && each.atMs > fromMs);
      return found.toSorted((x, y) => y.atMs - x.atMs).map((each) => ({ ...each, kind: 'hold', read: {} }));
    },
  } as unknown as Source;
}

function heard(source: Source) {
  const [decisions, troubles, points]: [string[], string[], number[]] = [[], [], []];
  watched = live(source);
  watched.listen(({ name, data }) => {
    if (name === 'ticks') {
      const { pool, ticks } = data as { pool: string; ticks: readonly Tick[] };
      for (const { atMs } of ticks) decisions.push(`${pool} ${atMs - NOW_MS}`);
    }
    if (name === 'trouble') troubles.push((data as string[]).join('; '));
    if (name === 'points') points.push((data as { since: [[number]] }).since[0][0]);
  });
  return { decisions, troubles, points };
}
const seconds = (count: number) => vi.advanceTimersByTimeAsync(1_000 * count);

describe('a page that is open', () => {
  test('an open page hears of each decision once, also of one that is recorded after a later one of another pool', async () => {
    const recorded = [{ pool: 'a', atMs: NOW_MS + 20 }];
    const { decisions } = heard(sourceOf(recorded));
    await seconds(3);
    recorded.push({ pool: 'b', atMs: NOW_MS + 15 });
    await seconds(3);
    expect(decisions).toEqual(['a 20', 'b 15']);
  });

  test('an open page hears of a decision that is recorded after a later one of its own pool', async () => {
    const recorded = [{ pool: 'a', atMs: NOW_MS + 60_000 }];
    const { decisions } = heard(sourceOf(recorded));
    await seconds(3);
    recorded.push({ pool: 'a', atMs: NOW_MS + 20 });
    await seconds(3);
    expect(decisions).toEqual(['a 60000', 'a 20']);
  });

  test('what could not be read for minutes is read later, from where it failed, and the others meanwhile', async () => {
    const recorded = [{ pool: 'a', atMs: NOW_MS + 20 }];
    const failing = new Set(['a', 'points']);
    const { decisions, troubles, points } = heard(sourceOf(recorded, failing));
    await seconds(600);
    recorded.push({ pool: 'b', atMs: NOW_MS + 599_000 });
    await seconds(2);
    expect(decisions).toEqual(['b 599000']);
    expect(troubles.at(-1)).toBe('metrics: Error: no points; the decisions of a: Error: no a');
    failing.clear();
    await seconds(2);
    expect(decisions).toEqual(['b 599000', 'a 20']);
    expect(points.at(-1)).toBeLessThanOrEqual(120_000);
    expect(points[0]).toBe(120_000);
    expect(troubles.at(-1)).toBe('');
  });
});
