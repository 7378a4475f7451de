import uPlot from 'uplot';
import type { Graph } from '../../dashboard.ts';
import { align, type History } from './history.ts';

const HEIGHT = 190;
/** Colors with enough contrast on light and dark, distinguishable without red and green. */
const COLORS = ['#3b82f6', '#f59e0b', '#10b981', '#a855f7', '#ec4899', '#64748b', '#06b6d4', '#84cc16'];
const LIMIT = '#dc2626';

/** Draws a CloudWatch graph with uPlot. */
export function createChart(element: HTMLElement, graph: Graph, history: History) {
  const plot = new uPlot(optionsOf(graph, element.clientWidth), dataOf(graph, history), element);
  const resized = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: HEIGHT }));
  resized.observe(element);
  return {
    draw: () => plot.setData(dataOf(graph, history)),
    /** Redraws with the colors of the current theme. */
    restyle: () => plot.redraw(false),
    close() {
      resized.disconnect();
      plot.destroy();
    },
  };
}

export type Chart = ReturnType<typeof createChart>;

export function colorOf(index: number): string {
  return COLORS[index % COLORS.length] as string;
}

function dataOf({ lines, stacked, limits }: Graph, history: History): uPlot.AlignedData {
  const [seconds, ...rows] = align(lines.map(({ key }) => history.of(key)));
  const values = stacked ? stack(rows) : rows;
  const flat = limits.map(({ value }) => seconds.map(() => value));
  return [seconds, ...values, ...flat] as uPlot.AlignedData;
}

/** Stacks each line on top of the lines before it. */
function stack(rows: readonly (readonly (number | null)[])[]): (number | null)[][] {
  const sums: number[] = [];
  return rows.map((row) =>
    row.map((value, index) => {
      sums[index] = (sums[index] ?? 0) + (value ?? 0);
      return sums[index] as number;
    }),
  );
}

function optionsOf({ lines, limits, unit, rightUnit, stacked }: Graph, width: number): uPlot.Options {
  const hasRight = lines.some(({ axis }) => axis === 'right');
  const color = (name: string) => () =>
    getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const axis: uPlot.Axis = {
    stroke: color('--quiet'),
    grid: { stroke: color('--line'), width: 1 },
    ticks: { show: false },
    font: '11px system-ui',
  };
  const range = (_plot: uPlot, _min: number, max: number): uPlot.Range.MinMax => [0, max > 0 ? 1.1 * max : 1];
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    cursor: { y: false, points: { size: 5 } },
    scales: { x: { time: true }, left: { range }, right: { range } },
    axes: [
      { ...axis, grid: { show: false } },
      { ...axis, scale: 'left', size: 44, label: unit, labelSize: 16, labelFont: '11px system-ui' },
      ...(hasRight
        ? [
            {
              ...axis,
              scale: 'right',
              side: 1,
              size: 44,
              grid: { show: false },
              label: rightUnit,
              labelSize: 16,
              labelFont: '11px system-ui',
            } as uPlot.Axis,
          ]
        : []),
    ],
    series: [
      {},
      ...lines.map(
        ({ label, axis: scale }, index): uPlot.Series => ({
          label,
          scale,
          stroke: colorOf(index),
          width: 1.5,
          points: { show: (plot) => plot.data[0].length < 3, size: 5 },
          ...(stacked && { fill: `${colorOf(index)}40` }),
        }),
      ),
      ...limits.map(
        ({ label }): uPlot.Series => ({
          label,
          scale: 'left',
          stroke: LIMIT,
          width: 1,
          dash: [4, 4],
          points: { show: false },
        }),
      ),
    ],
    ...(stacked && {
      bands: lines.slice(1).map((_, index) => ({ series: [index + 2, index + 1] as [number, number] })),
    }),
  };
}
