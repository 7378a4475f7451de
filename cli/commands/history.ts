import { writeFile } from 'node:fs/promises';
import type { DecisionRecord } from '../../shared/core/decision-record.ts';
import { viewDecision } from '../../shared/views/decision-view.ts';
import { type Answer, CliError, EXIT, table } from '../answer.ts';
import { command } from '../command.ts';
import { findPool } from '../stack.ts';
import { parseTime, timestamp } from '../time.ts';

export const history = command({
  command: 'history <pool>',
  describe: 'the decisions of a pool, or its arrivals as a trace for a backtest',
  examples: [
    ['history support --since 1h', 'what changed in the last hour'],
    ['history support --since 30d --export decisions.jsonl', 'every decision, whole, as JSON lines'],
    ['history support --since 14d --export trace.csv', 'arrivals for `agentpool backtest --trace trace.csv`'],
  ],
  positionals: ['pool'],
  options: {
    pool: { type: 'string', demandOption: true, describe: 'the pool' },
    since: { type: 'string', default: '1h', describe: 'from when on: 1h, 14:05 (UTC), or a date' },
    all: { type: 'boolean', default: false, describe: 'decisions that changed nothing, too' },
    export: { type: 'string', describe: 'write to a file: .jsonl for decisions, .csv for a trace' },
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
      throw new CliError(`got ${file}, allowed: a name that ends in .jsonl or .csv`, EXIT.usage);
    await writeFile(file, decisions.map((each) => `${JSON.stringify(each)}\n`).join(''));
    return { text: `${decisions.length} decisions in ${file}`, value: { file, decisions: decisions.length } };
  },
});

function list(shown: readonly DecisionRecord[], of: number): Answer {
  const rows = shown
    .map(viewDecision)
    .map(({ atMs, kind, desired, reason }) => [timestamp(atMs), kind, desired ?? '?', reason]);
  const summary = `${shown.length} of ${of} decisions${shown.length < of ? '; --all shows those that changed nothing' : ''}`;
  const text =
    rows.length === 0 ? summary : `${table(['at', 'decision', 'desired', 'why'], rows)}\n\n${summary}`;
  return { text, value: shown };
}

/** Minutes are what is kept: their tasks are spread evenly over them, with the mean of their work. */
async function exportTrace(
  file: string,
  minutes: readonly {
    readonly minute: number;
    readonly arrivals: number;
    readonly completed: number;
    readonly durationMs: number;
  }[],
): Promise<Answer> {
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
  if (lines.length === 0) throw new CliError('nothing arrived since then, as far as the history knows');
  await writeFile(file, `arrival_s,work_s\n${lines.join('\n')}\n`);
  return {
    text: `${lines.length} arrivals in ${file}: agentpool backtest --trace ${file}`,
    value: { file, arrivals: lines.length },
  };
}
