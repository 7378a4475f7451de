import { describe, expect, test } from 'vitest';
import type { AgentLane } from '../../console/page/pool/agent-lanes.ts';
import { layOut, placeAt, seenIn, slotAt } from '../../console/page/pool/lane-layout.ts';

const lanes = (...rows: readonly number[]): readonly AgentLane[] =>
  rows.map((each, index) => ({ id: `a${index}`, stretches: [], attempts: [], rows: each }));

describe('the lanes of agents', () => {
  test('lie below each other, each as high as its slots', () => {
    const { placed, height } = layOut(lanes(1, 4, 1));
    expect(placed.map(({ top, height: tall }) => [top, tall])).toEqual([
      [0, 20],
      [20, 40],
      [60, 20],
    ]);
    expect(height).toBe(80);
  });

  test('of five hundred agents, only those in view are drawn', () => {
    const layout = layOut(lanes(...Array.from({ length: 500 }, () => 4)));
    const seen = seenIn(layout, 10_000, 10_360);
    expect(seen.map(({ lane }) => lane.id)).toEqual(
      Array.from({ length: 10 }, (_, index) => `a${250 + index}`),
    );
  });

  test('are found by their height, and in them the slot', () => {
    const layout = layOut(lanes(1, 4));
    expect([0, 19, 20, 59].map((y) => placeAt(layout, y))).toEqual([0, 0, 1, 1]);
    const [, second] = layout.placed;
    if (!second) throw new Error('no lane');
    expect([20, 28, 29, 55, 59].map((y) => slotAt(second, y))).toEqual([0, 0, 1, 3, 3]);
    // Below the last, there's none.
    expect(layout.placed[placeAt(layout, 60)]).toBeUndefined();
  });
});
