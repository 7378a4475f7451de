import cliProgress from 'cli-progress';
import wrapAnsi from 'wrap-ansi';
import type { DecisionRecord } from '../../shared/core/decision-record.ts';
import { viewDecision } from '../../shared/views/decision-view.ts';
import type { Summary } from './accounts.ts';

const BESIDE = '  ';
const BELOW = ' '.repeat(8);

/** Shows a run: lines, and below them a progress bar if it's a terminal. */
export type Screen = {
  /** `more` goes beside the text, or below it where that's too narrow. */
  line(text: string, more?: string): void;
  progress(ended: number): void;
  close(): void;
};

export function openScreen(stream: NodeJS.WriteStream, tasks: number): Screen {
  if (!stream.isTTY) {
    const line = (text: string, more?: string) =>
      stream.write(`${more === undefined ? text : text + BESIDE + more}\n`);
    return { line, progress: () => {}, close: () => {} };
  }
  const bars = new cliProgress.MultiBar({
    stream,
    format: '{bar} {value} of {total} tasks ended',
    hideCursor: true,
    clearOnComplete: true,
  });
  const bar = bars.create(tasks, 0);
  return {
    // A line that the terminal wraps would displace the bar.
    line: (text, more) => bars.log(`${more === undefined ? text : withText(text, more, stream.columns)}\n`),
    progress: (ended) => bar.update(ended),
    close: () => bars.stop(),
  };
}

/** Text that doesn't fit beside the columns goes below them. */
export function withText(columns: string, text: string, width: number): string {
  const line = columns + BESIDE + text;
  if (line.length <= width) return line;
  const below = wrapAnsi(text, width - BELOW.length, { hard: true });
  return [columns, ...below.split('\n').map((each) => BELOW + each)].join('\n');
}

export const TICK_HEADER = '  time  visible  in flight  ready  busy  starting  desired  reason';

/** Formats a tick: its columns, and why. */
export function tickLine(record: DecisionRecord, startMs: number): readonly [string, string] {
  const { atMs, kind, desired, reason, read, failure } = viewDecision(record);
  const cell = (value: number | string | undefined, width: number) => String(value ?? '?').padStart(width);
  const columns = [
    cell(`${((atMs - startMs) / 1000).toFixed(0)}s`, 6),
    cell(read.visible, 9),
    cell(read.inFlight, 11),
    cell(read.idle, 7),
    cell(read.busy, 6),
    cell(read.starting, 10),
    cell(desired, 9),
  ].join('');
  const failed = failure === undefined ? '' : ` FAILED: ${failure}`;
  return [columns, `${kind === 'hold' ? '' : `${kind}: `}${reason}${failed}`];
}

/** Formats the summary for people. */
export function summaryLines(summary: Summary): string {
  const { queueWaitSeconds: wait } = summary;
  const kib = (bytes: number) => `${Math.round(bytes / 1024)} KiB`;
  const share =
    summary.agentSecondsPaid === 0 ? 0 : (100 * summary.agentSecondsBusy) / summary.agentSecondsPaid;
  return `
tasks      ${summary.sent} sent, ${summary.completed} completed, ${summary.failed} failed, ${summary.lost} lost, ${summary.duplicated} run twice
queue wait p50 ${wait.p50} s, p95 ${wait.p95} s, max ${wait.max} s
agents     ${summary.agentsStarted} started, ${summary.agentsStopped} scaled in, ${summary.busyStopped} of them busy
paid       ${summary.agentSecondsPaid} agent-seconds, ${summary.agentSecondsBusy} of them busy (${share.toFixed(0)} %)
contexts   ${kib(summary.contextBytesWritten)} written, ${kib(summary.contextBytesRead)} read
`;
}
