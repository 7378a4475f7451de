/** A linear scale from zero to `most`, in pixels. */
export type Scale = {
  /** Where a value is drawn. One beyond the end is drawn at the end. */
  at(value: number): number;
  isBeyond(value: number): boolean;
  /** Round values. */
  readonly marks: readonly number[];
};

const MARKS = 5;
/** Room beyond the largest value. */
const ROOM = 1.06;
/** One scaler that is ten times as dear must not press all others into a corner. */
const BEYOND = 2;

/** A scale that shows all of the pool's own values, and others up to twice the largest of them. */
export function scaleOf(own: readonly number[], others: readonly number[], from: number, to: number): Scale {
  const largest = Math.max(0.001, ...(own.length === 0 ? others : own));
  const most = ROOM * Math.max(largest, ...others.filter((value) => value <= BEYOND * largest));
  const step = stepOf(most / MARKS);
  return {
    at: (value) => from + (Math.min(value, most) / most) * (to - from),
    isBeyond: (value) => value > most,
    marks: Array.from({ length: Math.floor(most / step) + 1 }, (_, index) =>
      Number((index * step).toPrecision(6)),
    ),
  };
}

/** The next of 1, 2, 5, 10, 20 … */
function stepOf(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return power * ([1, 2, 5, 10].find((each) => each * power >= least) ?? 10);
}

export type Label = { readonly x: number; readonly y: number; readonly text: string };
export type PlacedLabel = Label & { readonly anchor: 'start' | 'end' };

const LINE_HEIGHT = 15;
const LETTER_WIDTH = 7;
const GAP = 10;

/** Labels beside their points, to the left where the right edge is near, each below the one it would cover. */
export function placeLabels(labels: readonly Label[], width: number): readonly PlacedLabel[] {
  const placed: PlacedLabel[] = [];
  for (const label of labels.toSorted((a, b) => a.y - b.y)) {
    const isAtEdge = label.x + GAP + label.text.length * LETTER_WIDTH > width;
    const anchor = isAtEdge ? 'end' : 'start';
    const x = label.x + (isAtEdge ? -GAP : GAP);
    const above = placed.filter((each) => overlap({ ...label, x, anchor }, each));
    const y = Math.max(label.y, ...above.map((each) => each.y + LINE_HEIGHT));
    placed.push({ ...label, x, y, anchor });
  }
  return placed;
}

/** Whether two labels share a part of their widths. */
function overlap(a: PlacedLabel, b: PlacedLabel): boolean {
  const [fromA, toA] = extent(a);
  const [fromB, toB] = extent(b);
  return fromA < toB && fromB < toA;
}

function extent({ x, text, anchor }: PlacedLabel): readonly [from: number, to: number] {
  const width = text.length * LETTER_WIDTH;
  return anchor === 'start' ? [x, x + width] : [x - width, x];
}
