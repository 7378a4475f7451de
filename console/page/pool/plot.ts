import uPlot from 'uplot';
import type { TimeRange } from '../../lanes.ts';

/** Pixels beside the plots, the same for all lanes, so that one time is at one place. */
export const GUTTER = { left: 76, right: 14 } as const;

/** How a row of values is drawn. Colors are names of the page's tokens. */
export type Stroke = {
  readonly label: string;
  readonly color: string;
  readonly kind: 'line' | 'steps' | 'dashed' | 'area' | 'stacked' | 'edge';
};

export type PlotData = {
  readonly seconds: readonly number[];
  /** One row of values for each stroke. */
  readonly rows: readonly (readonly (number | null | undefined)[])[];
};

export type PlotOptions = {
  readonly strokes: readonly Stroke[];
  readonly height: number;
  /** Two edges that enclose a band, by their places. */
  readonly band?: readonly [upper: number, lower: number];
  /** The axis reaches at least this far. */
  readonly atLeast: number;
};

export type Plot = ReturnType<typeof createPlot>;

/** Draws one lane with uPlot: without a cursor, a legend or an axis of time, which all lanes have together. */
export function createPlot(element: HTMLElement, options: PlotOptions) {
  let range: TimeRange = { fromMs: 0, toMs: 1 };
  const plot = new uPlot(
    uplotOptions(element.clientWidth, options, () => range),
    [[]],
    element,
  );
  let drawn: uPlot.AlignedData = [[]];
  const resized = new ResizeObserver(() => {
    if (element.clientWidth === 0) return;
    plot.setSize({ width: element.clientWidth, height: options.height });
    // A plot of another size would keep the paths of its lines.
    plot.setData(drawn);
  });
  resized.observe(element);
  return {
    draw({ seconds, rows }: PlotData, next: TimeRange): void {
      range = next;
      drawn = [seconds, ...stacked(rows, options.strokes)] as uPlot.AlignedData;
      plot.setData(drawn);
    },
    /** Draws again with the colors of the current theme. */
    restyle: () => plot.redraw(false),
    close(): void {
      resized.disconnect();
      plot.destroy();
    },
  };
}

/** Stacked rows lie on top of the ones before. */
function stacked(rows: PlotData['rows'], strokes: readonly Stroke[]): PlotData['rows'] {
  const sums: number[] = [];
  return rows.map((row, place) => {
    if (strokes[place]?.kind !== 'stacked') return row;
    return row.map((value, index) => {
      sums[index] = (sums[index] ?? 0) + (value ?? 0);
      return value === undefined || value === null ? value : sums[index];
    });
  });
}

export function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/** Steps between the marks of an axis: counts are whole. */
const INCREMENTS = [1, 2, 5]
  .flatMap((step) => [1, 10, 100, 1_000, 10_000].map((power) => step * power))
  .sort((a, b) => a - b);

function uplotOptions(
  width: number,
  { strokes, height, band, atLeast }: PlotOptions,
  range: () => TimeRange,
): uPlot.Options {
  const stackedPlaces = strokes.flatMap(({ kind }, index) => (kind === 'stacked' ? [index + 1] : []));
  const between = (upper: number, lower: number, color: string): uPlot.Band => ({
    series: [upper, lower],
    fill: () => `color-mix(in srgb, ${token(color)} 22%, transparent)`,
  });
  return {
    width,
    height,
    legend: { show: false },
    cursor: { show: false },
    padding: [6, GUTTER.right, 4, 0],
    scales: {
      x: { time: true, range: () => [range().fromMs / 1000, range().toMs / 1000] },
      y: { range: (_plot, _min, max) => [0, Math.max(atLeast, 1.08 * (max ?? 0))] },
    },
    axes: [
      { show: false },
      {
        size: GUTTER.left,
        stroke: () => token('quiet'),
        font: '12px system-ui, sans-serif',
        grid: { stroke: () => token('line'), width: 1 },
        ticks: { show: false },
        space: 26,
        incrs: INCREMENTS,
        values: (_plot, values) => values.map((value) => value.toLocaleString('en-US')),
      },
    ],
    series: [{}, ...strokes.map(seriesOf)],
    bands: [
      ...(band ? [between(band[0] + 1, band[1] + 1, strokes[band[0]]?.color ?? 'accent')] : []),
      ...stackedPlaces.slice(1).map(
        (place, index): uPlot.Band => ({
          series: [place, stackedPlaces[index] as number],
          fill: () => token(strokes[place - 1]?.color ?? 'accent'),
        }),
      ),
    ],
  };
}

function seriesOf({ label, color, kind }: Stroke): uPlot.Series {
  const stroke = () => token(color);
  const faint = () => `color-mix(in srgb, ${token(color)} 22%, transparent)`;
  const base: uPlot.Series = { label, stroke, width: 1.5, spanGaps: true, points: { show: false } };
  const steps = uPlot.paths.stepped?.({ align: 1 });
  const stepped = steps ? { paths: steps } : {};
  switch (kind) {
    case 'line':
      return base;
    case 'dashed':
      return { ...base, dash: [5, 4] };
    case 'steps':
      return { ...base, ...stepped, width: 2 };
    case 'area':
      return { ...base, ...stepped, fill: faint };
    case 'stacked':
      return { ...base, ...stepped, width: 0, fill: stroke };
    case 'edge':
      return { ...base, width: 0 };
    default:
      return kind satisfies never;
  }
}
