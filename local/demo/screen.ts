import cliProgress from 'cli-progress';
import type { DecisionRecord } from '../../shared/core/decision-record.ts';
import { viewDecision } from '../../shared/views/decision-view.ts';
import type { Summary } from './accounts.ts';

/** Shows a run: lines, and below them a progress bar if it's a terminal. */
export type Screen = {
  line(text: string): void;
  progress(ended: number): void;
  close(): void;
};

export function openScreen(stream: NodeJS.WriteStream, tasks: number): Screen {
  if (!stream.isTTY) {
    return { line: (text) => stream.write(`${text}\n`), progress: () => {}, close: () => {} };
  }
  const bars = new cliProgress.MultiBar({
    stream,
    format: '{bar} {value} of {total} tasks ended',
    hideCursor: true,
    clearOnComplete: true,
  });
  const bar = bars.create(tasks, 0);
  return {
    // A wrapped line would displace the bar.
    line: (text) => bars.log(`${text.slice(0, stream.columns)}\n`),
    progress: (ended) => bar.update(ended),
    close: () => bars.stop(),
  };
}

export const TICK_HEADER = '  time  visible  in flight  ready  busy  starting  desired  reason';

/** Formats a tick as one line. */
export function tickLine(record: DecisionRecord, startMs: number): string {
  const { atMs, kind, desired, reason, read, failure } = viewDecision(record);
  const cell = (value: number | string | undefined, width: number) => String(value ?? '?').padStart(width);
  return [
    cell(`${((atMs - startMs) / 1000).toFixed(0)}s`, 6),
    cell(read.visible, 9),
    cell(read.inFlight, 11),
    cell(read.idle, 7),
    cell(read.busy, 6),
    cell(read.starting, 10),
    cell(desired, 9),
    `  ${kind === 'hold' ? '' : `${kind}: `}${reason}${failure === undefined ? '' : ` FAILED: ${failure}`}`,
  ].join('');
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
