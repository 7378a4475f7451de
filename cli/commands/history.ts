import type { HistoryMinute } from '../../shared/core/pool/history.ts';
import type { LoggedDecision } from '../../shared/ports/decision-log.ts';
import { arrivalsOfMinutes } from '../../shared/tasks/trace-of-history.ts';
import { viewLogged } from '../../shared/views/decision-view.ts';
import { command } from '../command.ts';
import { CliError, type CommandResult, EXIT } from '../result.ts';
import { findPool } from '../stack.ts';
import { table } from '../table.ts';
import { parseTime, timestamp } from '../time.ts';
import { writeLines } from '../write-lines.ts';

export const history = command({
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
    last: { type: 'number', default: 100, describe: 'list at most this many, the newest' },
    export: { type: 'string', describe: 'file to write: .jsonl for decisions, .csv for a trace of arrivals' },
  },
  async run({ pool: name, since, all, last, export: file, ...stack }) {
    const sinceMs = parseTime(since, Date.now());
    const { decisions, history: past } = await findPool({ ...stack }, name);
    if (file === undefined) return list(name, decisions.read({ afterMs: sinceMs }), { all, last });
    if (file.endsWith('.csv')) return exportTrace(file, past.minutes(Math.floor(sinceMs / 60_000)));
    if (file.endsWith('.jsonl')) return exportDecisions(file, decisions.read({ afterMs: sinceMs }));
    throw new CliError(
      `invalid value ${file} for --export: expected a name ending in .jsonl or .csv`,
      EXIT.usage,
    );
  },
});

/** Lists decisions, newest first, and reads no more of them than it lists. */
async function list(
  pool: string,
  decisions: AsyncIterable<LoggedDecision>,
  { all, last }: { readonly all: boolean; readonly last: number },
): Promise<CommandResult> {
  const shown: LoggedDecision[] = [];
  let read = 0;
  let isMore = false;
  for await (const logged of decisions) {
    isMore = shown.length === last;
    if (isMore) break;
    read += 1;
    if (all || logged.kind === 'unreadable' || logged.record.decision.kind !== 'hold') shown.push(logged);
  }
  const rows = shown
    .map((logged) => viewLogged(pool, logged))
    .map(({ atMs, kind, desired, reason }) => [timestamp(atMs), kind, desired ?? '?', reason]);
  const hints = [
    ...(shown.length < read ? ['use --all to include those that changed nothing'] : []),
    ...(isMore ? ['there are older ones: use --last N or --export FILE.jsonl'] : []),
  ];
  const summary = [`${shown.length} of ${read} decisions, newest first`, ...hints].join('; ');
  const listed = table(['time', 'decision', 'desired', 'reason'], rows);
  const text =
    rows.length === 0
      ? `${read} decisions since then${read > 0 ? ', and none changed anything; use --all to list them' : ''}`
      : (width: number) => `${listed(width)}\n\n${summary}`;
  return { text, value: shown.map((each) => (each.kind === 'decision' ? each.record : each)) };
}

/** Writes one decision after the other: those of a month fit into no string. */
async function exportDecisions(
  file: string,
  decisions: AsyncIterable<LoggedDecision>,
): Promise<CommandResult> {
  let [exported, unreadable] = [0, 0];
  const lines = async function* () {
    for await (const each of decisions) {
      if (each.kind === 'decision') exported += 1;
      else unreadable += 1;
      if (each.kind === 'decision') yield `${JSON.stringify(each.record)}\n`;
    }
  };
  await writeLines(file, lines);
  const left = unreadable > 0 ? `; ${unreadable} of another version left out` : '';
  return {
    text: `${exported} decisions exported to ${file}, newest first${left}`,
    value: { file, decisions: exported, unreadable },
  };
}

/** Writes a trace that {@link arrivalsOfMinutes} makes of the history. */
async function exportTrace(file: string, minutes: AsyncIterable<HistoryMinute>): Promise<CommandResult> {
  let arrived = 0;
  const lines = async function* () {
    yield 'arrival_s,work_s\n';
    for await (const { atSeconds, durationSeconds } of arrivalsOfMinutes(minutes)) {
      arrived += 1;
      yield `${atSeconds.toFixed(2)},${durationSeconds.toFixed(3)}\n`;
    }
    if (arrived === 0) throw new CliError('no arrivals recorded since then');
  };
  await writeLines(file, lines);
  return {
    text: `${arrived} arrivals exported to ${file}; next: agentpool backtest --trace ${file}`,
    value: { file, arrivals: arrived },
  };
}
