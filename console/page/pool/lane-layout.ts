import type { AgentLane } from './agent-lanes.ts';

/** Pixels of an agent with one slot, and of its bars. A row of several is lower. */
const ONE_ROW = 20;
const ONE_BAR = 12;
const SLOT_ROW = 9;
const SLOT_BAR = 7;
/** Between an agent of several slots and the next. */
const APART = 4;

/** Where an agent's rows are, in pixels. */
export type Placed = {
  readonly lane: AgentLane;
  readonly top: number;
  readonly height: number;
  readonly rowHeight: number;
  readonly barHeight: number;
};

export type Layout = { readonly placed: readonly Placed[]; readonly height: number };

/** Puts the agents below each other: each is as high as its rows. */
export function layOut(lanes: readonly AgentLane[]): Layout {
  let height = 0;
  const placed = lanes.map((lane): Placed => {
    const isOne = lane.rows === 1;
    const [rowHeight, barHeight] = isOne ? [ONE_ROW, ONE_BAR] : [SLOT_ROW, SLOT_BAR];
    const each = { lane, top: height, height: isOne ? ONE_ROW : lane.rows * SLOT_ROW + APART };
    height += each.height;
    return { ...each, rowHeight, barHeight };
  });
  return { placed, height };
}

/** The place of the agent at a height: the first one that isn't above it. */
export function placeAt({ placed }: Layout, y: number): number {
  let [low, high] = [0, placed.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const { top, height } = placed[middle] as Placed;
    if (top + height <= y) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The agents that can be seen between two heights. */
export function seenIn(layout: Layout, fromY: number, toY: number): readonly Placed[] {
  return layout.placed.slice(placeAt(layout, fromY), placeAt(layout, toY) + 1);
}

/** The slot whose row is at a height. */
export function slotAt({ top, rowHeight, lane }: Placed, y: number): number {
  return Math.min(lane.rows - 1, Math.floor((y - top) / rowHeight));
}
