import { writeFile } from 'node:fs/promises';
import type { DecisionRecord } from '../../shared/core/decision-record.ts';
import { viewDecision } from '../../shared/views/decision-view.ts';
import { command } from '../command.ts';
import { CliError, type CommandResult, EXIT, table } from '../result.ts';
import { findPool } from '../stack.ts';
import { parseTime, timestamp } from '../time.ts';

export const history = command({
  command: 'history <pool>',
  describe: 'list the decisions of a pool; export decisions or arrivals to a file',
  examples: [
    ['history support --since 1h', 'list what changed in the last hour'],
    ['history support --since 30d --export decisions.jsonl', 'export all decisions in full, as JSON lines'],
    [
      'history support --since 14d --export trace.csv',
      'export arrivals for agentpool backtest --trace trace.csv',
    ],
  ],
  positionals: ['pool'],
  options: {
    pool: { type: 'string', demandOption: true, describe: 'name of the pool' },
    since: { type: 'string', default: '1h', describe: 'start: 1h (ago), 14:05 (UTC) or a date' },
    all: { type: 'boolean', default: false, describe: 'also list decisions that changed nothing' },
    export: { type: 'string', describe: 'file to write: .jsonl for decisions, .csv for a trace of arrivals' },
  },
  async run({ pool: name, since, all, export: file, ...stack }) {
    const sinceMs = parseTime(since, Date.now());
    const { store, history: past } = await findPool({ ...stack }, name);
    if (file?.endsWith('.csv')) return exportTrace(file, await past.minutes(Math.floor(sinceMs / 60_000)));
    const decisions = await store.decisions(sinceMs);
    if (file === undefined)
      return list(
        decisions.filter(({ decision }) => all || decision.kind !== 'hold'),
        decisions.length,
      );
    if (!file.endsWith('.jsonl'))
      throw new CliError(
        `invalid value ${file} for --export: expected a name ending in .jsonl or .csv`,
        EXIT.usage,
      );
    await writeFile(file, decisions.map((each) => `${JSON.stringify(each)}\n`).join(''));
    return {
      text: `${decisions.length} decisions exported to ${file}`,
      value: { file, decisions: decisions.length },
    };
  },
});

function list(shown: readonly DecisionRecord[], of: number): CommandResult {
  const rows = shown
    .map(viewDecision)
    .map(({ atMs, kind, desired, reason }) => [timestamp(atMs), kind, desired ?? '?', reason]);
  const summary = `${shown.length} of ${of} decisions${shown.length < of ? '; use --all to include those that changed nothing' : ''}`;
  const text =
    rows.length === 0 ? summary : `${table(['time', 'decision', 'desired', 'reason'], rows)}\n\n${summary}`;
  return { text, value: shown };
}

/** The history keeps minutes. Spreads each minute's arrivals evenly, with the minute's mean task duration. */
async function exportTrace(
  file: string,
  minutes: readonly {
    readonly minute: number;
    readonly arrivals: number;
    readonly completed: number;
    readonly durationMs: number;
  }[],
): Promise<CommandResult> {
  const [first] = minutes;
  let durationSeconds = 1;
  const lines = minutes.flatMap(({ minute, arrivals, completed, durationMs }) => {
    if (completed > 0) durationSeconds = durationMs / completed / 1000;
    const atSeconds = 60 * (minute - (first?.minute ?? minute));
    return Array.from(
      { length: arrivals },
      (_, index) =>
        `${(atSeconds + (60 * (index + 0.5)) / arrivals).toFixed(2)},${durationSeconds.toFixed(3)}`,
    );
  });
  if (lines.length === 0) throw new CliError('no arrivals recorded since then');
  await writeFile(file, `arrival_s,work_s\n${lines.join('\n')}\n`);
  return {
    text: `${lines.length} arrivals exported to ${file}; next: agentpool backtest --trace ${file}`,
    value: { file, arrivals: lines.length },
  };
}
