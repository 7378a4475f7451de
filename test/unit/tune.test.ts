import { describe, expect, test } from 'vitest';
import { TARGETS, tune } from '../../sim/backtest/tune.ts';

type Result = { readonly setting: number; readonly cost: number };

const cheapest = (results: readonly Result[]) => results.toSorted((a, b) => a.cost - b.cost)[0] as Result;

/** Tunes for a cost that depends on the setting, and reports which settings were tried. */
async function tuned(cost: (setting: number) => number, tasks = 100_000) {
  const tried: number[] = [];
  const run = async (setting: number) => {
    tried.push(setting);
    return { setting, cost: cost(setting) };
  };
  const found = await tune(TARGETS, tasks, run, cheapest);
  return { tried, setting: found.best.setting, atEdge: found.atEdge };
}

describe('tuning', () => {
  test.each([0.65, 1.35, 2.4])('tuning finds a best setting between its coarse steps: %d', async (best) => {
    expect(await tuned((setting) => Math.abs(setting - best))).toMatchObject({
      setting: best,
      atEdge: false,
    });
  });
  test.each([0.15, 3.05, 4.7])('tuning goes on past the edge of its range, to %d', async (best) => {
    expect(await tuned((setting) => Math.abs(setting - best))).toMatchObject({
      setting: best,
      atEdge: false,
    });
  });
  test.each([
    ['0.1', 0.1, (setting: number) => setting],
    ['6', 6, (setting: number) => -setting],
  ])(
    'tuning reports that a best setting stands at an edge if it is the last one, %s',
    async (_, setting, cost) => {
      expect(await tuned(cost)).toMatchObject({ setting, atEdge: true });
    },
  );
  test('tuning tries every setting within 0.25 of the best, and none twice', async () => {
    const { tried } = await tuned((setting) => Math.abs(setting - 1.35));
    expect(tried).toEqual(expect.arrayContaining([1.1, 1.15, 1.2, 1.25, 1.3, 1.4, 1.45, 1.5, 1.55, 1.6]));
    expect(new Set(tried).size).toBe(tried.length);
    expect(tried.length).toBeLessThan(25);
  });
  test('tuning on a short trace tries every setting, so that none of several good ones is left out', async () => {
    const cost = (setting: number) => Math.min(Math.abs(setting - 0.7), Math.abs(setting - 2.1) - 0.1);
    expect((await tuned(cost, 5_000)).setting).toBe(2.1);
    expect((await tuned(cost, 5_000)).tried.length).toBeGreaterThan(50);
  });
});
