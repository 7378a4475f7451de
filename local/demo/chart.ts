import { plot } from 'simple-ascii-chart';

/** What the chart shows of one moment. Times are seconds since the replay began. */
export type Sample = {
  readonly atSeconds: number;
  /** The desired count. */
  readonly agents: number;
  /** Messages that wait in the queue. */
  readonly queue: number;
};

export type History = {
  readonly samples: readonly Sample[];
  /** When each task was sent, in order. */
  readonly arrivals: readonly number[];
};

export type ChartSeries = 'agents' | 'queue' | 'arrivals';
/** Colors a text, or returns it as it is. */
export type Paint = (series: ChartSeries, text: string) => string;

type Size = { readonly columns: number; readonly rows: number };

/** Later series are drawn over earlier ones. Each has a symbol of its own, because not every terminal has colors. */
const DRAWN: readonly ChartSeries[] = ['queue', 'arrivals', 'agents'];
const PLOT_ROWS = 6;
/** The plot, the time axis with its labels, and the legend. */
export const CHART_ROWS = PLOT_ROWS + 3;
/** Rows that are left to the lines above, at least. */
const ROWS_FOR_LINES = 8;
const LEAST_COLUMNS = 40;
/** Columns beside the plot: the labels of the vertical axis, and the ends of the horizontal one. */
const BESIDE_PLOT = 6;
/** The time that fits at least, so that a run fills the chart from the left; after that, the chart moves on. */
const LEAST_SECONDS = 60;
const MOST_SECONDS = 180;

export function fitsChart({ columns, rows }: Size): boolean {
  return columns >= LEAST_COLUMNS && rows >= CHART_ROWS + ROWS_FOR_LINES;
}

/** Draws the last minutes: always {@link CHART_ROWS} lines, none wider than `columns`. */
export function chartLines({ samples, arrivals }: History, columns: number, paint: Paint): readonly string[] {
  const width = columns - BESIDE_PLOT;
  const now = samples.at(-1)?.atSeconds ?? 0;
  const seconds = Math.min(MOST_SECONDS, Math.max(LEAST_SECONDS, now));
  const from = Math.max(0, now - seconds);
  const ends = Array.from({ length: width }, (_, column) => from + ((column + 1) * seconds) / width);
  const past = ends.filter((_, column) => from + (column * seconds) / width <= now);
  const latest = past.map((end) => samples.findLast(({ atSeconds }) => atSeconds <= end));
  const values: Record<ChartSeries, readonly number[]> = {
    queue: latest.map((sample) => sample?.queue ?? 0),
    agents: latest.map((sample) => sample?.agents ?? samples[0]?.agents ?? 0),
    arrivals: past.map((end) => perSecond(arrivals, Math.min(end, now))),
  };
  const highest = Math.max(6, ...Object.values(values).flat());
  const top = 2 * Math.ceil(highest / 2);
  const drawn = plot(
    DRAWN.map((series) => values[series].map((value, column): [number, number] => [column, value])).concat([
      // Keeps the axis as long as the time that it stands for.
      [
        [0, 0],
        [width - 1, 0],
      ],
    ]),
    {
      width,
      height: PLOT_ROWS,
      yRange: [0, top],
      customYAxisTicks: [0, top / 2, top],
      customXAxisTicks: [0, Math.round((width - 1) / 2), width - 1],
      formatter: (value, { axis }) =>
        axis === 'y' ? String(value).padStart(2) : timeLabel(from + (value / (width - 1)) * seconds),
      lineFormatter: symbolsOf(paint),
    },
  );
  // The plot begins and ends with a line break, and with the tip of its axis.
  const lines = drawn.split('\n').slice(2, -1);
  return [...lines.map((line) => line.trimEnd()), legend(paint, columns)];
}

type Point = { readonly plotX: number; readonly plotY: number; readonly index: number };

/** The symbols of each point. The library draws one series after the other, and the points of each in order. */
function symbolsOf(paint: Paint) {
  let drawn = -1;
  let before = 0;
  return ({ plotX: x, plotY, index }: Point) => {
    if (index === 0) drawn += 1;
    const series = DRAWN[drawn];
    const [from, y] = [index === 0 ? plotY : before, plotY];
    before = y;
    if (series === undefined) return [];
    const at = (row: number, symbol: string) => ({ x, y: row, symbol: paint(series, symbol) });
    if (series === 'arrivals') return [at(y, '•')];
    // Rows count downward, and the last is zero.
    if (series === 'queue') return rows(y, PLOT_ROWS - 1).map((row) => at(row, '░'));
    if (from === y) return [at(y, '━')];
    const [oldCorner, newCorner] = y < from ? ['┛', '┏'] : ['┓', '┗'];
    const between = rows(Math.min(from, y) + 1, Math.max(from, y) - 1);
    return [at(from, oldCorner), ...between.map((row) => at(row, '┃')), at(y, newCorner)];
  };
}

function rows(first: number, last: number): readonly number[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
}

const ARRIVAL_WINDOW_SECONDS = 3;

/** Tasks sent per second over the last seconds, rounded. */
function perSecond(arrivals: readonly number[], until: number): number {
  const since = until - ARRIVAL_WINDOW_SECONDS;
  const sent = arrivals.filter((at) => at > since && at <= until).length;
  // A fraction would widen the axis's labels, and a row stands for more than one.
  return Math.round(sent / ARRIVAL_WINDOW_SECONDS);
}

function timeLabel(seconds: number): string {
  return `${Math.round(seconds)}s`;
}

function legend(paint: Paint, columns: number): string {
  const long = columns >= 64;
  return `   ${paint('agents', '━')} agents${long ? ' wanted' : ''}   ${paint('queue', '░')} queue${long ? ' (tasks)' : ''}   ${paint('arrivals', '•')} arrivals${long ? ' per second' : '/s'}`;
}
