import { styleText } from 'node:util';
import cliProgress from 'cli-progress';
import type { DecisionRecord } from '../../shared/core/decision-record.ts';
import { viewDecision } from '../../shared/views/decision-view.ts';
import { CHART_ROWS, type ChartSeries, chartLines, fitsChart, type Sample } from './chart.ts';
import { hanging } from './hanging.ts';
import { type News, newsReader } from './news.ts';

/** Shows a run: on a terminal, what changed above a chart and a progress bar; elsewhere, a line for each tick. */
export type Screen = {
  line(text: string): void;
  /** The replay begins now, at the epoch milliseconds from which times are counted. */
  begin(startMs: number): void;
  sent(tasks: number): void;
  decided(record: DecisionRecord): void;
  progress(ended: number): void;
  close(): void;
};

export function openScreen(stream: NodeJS.WriteStream, tasks: number): Screen {
  return stream.isTTY ? terminal(stream, tasks) : plain(stream);
}

const TICK_HEADER = '  time  visible  in flight  ready  busy  slots  starting  desired  reason';

function plain(stream: NodeJS.WriteStream): Screen {
  let startMs = 0;
  const line = (text: string) => void stream.write(`${text}\n`);
  return {
    line,
    begin(atMs) {
      startMs = atMs;
      line(`\n${TICK_HEADER}`);
    },
    sent() {},
    decided: (record) => line(tickLine(record, startMs)),
    progress() {},
    close() {},
  };
}

/** Formats a tick: its columns, and why. */
function tickLine(record: DecisionRecord, startMs: number): string {
  const { atMs, kind, desired, reason, read, failure } = viewDecision(record);
  const cell = (value: number | string | undefined, width: number) => String(value ?? '?').padStart(width);
  const columns = [
    cell(`${((atMs - startMs) / 1000).toFixed(0)}s`, 6),
    cell(read.visible, 9),
    cell(read.inFlight, 11),
    cell(read.idle, 7),
    cell(read.busy, 6),
    cell(`${read.slotsUsed ?? '?'}/${read.slots ?? '?'}`, 7),
    cell(read.starting, 10),
    cell(desired, 9),
  ].join('');
  const failed = failure === undefined ? '' : ` FAILED: ${failure}`;
  return `${columns}  ${kind === 'hold' ? '' : `${kind}: `}${reason}${failed}`;
}

type Style = Parameters<typeof styleText>[0];
const NEWS_STYLES: Record<News['kind'], Style> = { more: 'green', fewer: 'cyan', held: 'dim', failed: 'red' };
const SERIES_STYLES: Record<ChartSeries, Style> = { agents: 'green', queue: 'yellow', arrivals: 'cyan' };

/** Clears what was drawn where a line is written now, to its end. */
const CLEAR_RIGHT = '\u001b[K';

function terminal(stream: NodeJS.WriteStream, tasks: number): Screen {
  // Without colors (NO_COLOR, or a terminal that has none), the text stays as it is.
  const styled = (style: Style, text: string) => styleText(style, text, { stream });
  const bars = new cliProgress.MultiBar({
    stream,
    hideCursor: true,
    clearOnComplete: true,
    // The region moves down with each line above it, so all of it has to be drawn again.
    forceRedraw: true,
    // Otherwise the library cuts lines by their length with the escape sequences of their colors.
    linewrap: false,
  });
  const hasChart = fitsChart(stream);
  const chart = Array.from({ length: hasChart ? CHART_ROWS : 0 }, () =>
    bars.create(1, 0, { text: '' }, { format: '{text}' }),
  );
  const bar = bars.create(tasks, 0, {}, { format: progressFormat(stream.columns) });
  const history: { samples: Sample[]; arrivals: number[] } = { samples: [], arrivals: [] };
  const news = newsReader();
  let startMs = 0;
  const secondsAt = (atMs: number) => Math.max(0, (atMs - startMs) / 1000);
  const line = (text: string) => {
    const lines = text.split('\n').map((each) => `${each}${CLEAR_RIGHT}\n`);
    bars.log(lines.join(''));
  };
  const draw = () => {
    const lines = chartLines(history, stream.columns, (series, text) => styled(SERIES_STYLES[series], text));
    for (const [index, row] of chart.entries()) row.update(0, { text: lines[index] ?? '' });
  };
  return {
    line: (text) => line(hanging('', text, stream.columns)),
    begin(atMs) {
      startMs = atMs;
    },
    sent(count) {
      const at = secondsAt(Date.now());
      history.arrivals.push(...Array.from({ length: count }, () => at));
    },
    decided(record) {
      const view = viewDecision(record);
      const latest = history.samples.at(-1);
      history.samples.push({
        atSeconds: secondsAt(view.atMs),
        agents: view.desired ?? latest?.agents ?? 0,
        queue: view.read.visible ?? latest?.queue ?? 0,
      });
      if (hasChart) draw();
      const changed = news(record);
      if (changed === undefined) return;
      const time = `${secondsAt(view.atMs).toFixed(0)}s`.padStart(4);
      line(hanging(`${time}  `, styled(NEWS_STYLES[changed.kind], changed.text), stream.columns));
    },
    progress: (ended) => bar.update(ended),
    close: () => bars.stop(),
  };
}

function progressFormat(columns: number): string {
  return columns < 64 ? '{value} of {total} tasks ended' : '{bar} {value} of {total} tasks ended';
}
