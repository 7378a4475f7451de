import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { markdownTable } from 'markdown-table';
import type { Arrival } from '../../shared/tasks/trace.ts';
import type { Model } from '../../sim/backtest/model.ts';
import { parseOptions } from '../../sim/backtest/options.ts';
import { productionScaler } from '../../sim/backtest/production.ts';
import { type RunResult, simulate } from '../../sim/backtest/simulate.ts';
import { tracesOf } from '../../sim/backtest/traces.ts';
import { replaceBetween } from './replace-between.ts';

const SLOTS = 8;
const MOST_RATIO = 1.06;

const USAGE = `npm run bench:consolidation -- [--trace FILE]… [--write FILE.md]

What agents with ${SLOTS} slots cost beside as many agents with one. Each trace is replayed ${SLOTS} times, so that there is enough to do
for several agents. Ideally, ${SLOTS} slots cost an eighth: more than that is slots that stay free in agents that cannot stop
yet. Ends with status 1 if it is more than ${MOST_RATIO} times that on any trace. Takes ten minutes.
  --trace FILE      as for npm run backtest (default: the nine traces in sim/traces)
  --write FILE.md   replace the table in a file`;

const { values: options } = parseArgs({
  options: {
    trace: { type: 'string', multiple: true, default: [] },
    write: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
if (options.help) console.log(USAGE);
else await main();

type Row = {
  readonly name: string;
  readonly tasks: number;
  readonly one: RunResult;
  readonly several: RunResult;
  /** What several slots pay ÷ an eighth of what one pays. */
  readonly ratio: number;
};

async function main(): Promise<void> {
  const given = options.trace.flatMap((file) => ['--trace', file]);
  const asked = await parseOptions([...given, '--times', String(SLOTS)]);
  if (asked === 'help') throw new Error('no help was asked for');
  const rows: Row[] = [];
  for (const { name, tasks } of await tracesOf(asked)) {
    console.error(`running ${name} with 1 and ${SLOTS} slots …`);
    rows.push(await compare(name, tasks, asked.model));
  }
  const report = tableOf(rows);
  console.log(report);
  if (options.write !== undefined) {
    const text = await readFile(options.write, 'utf8');
    await writeFile(options.write, replaceBetween(text, 'consolidation', report));
  }
  const dearer = rows.filter(({ ratio }) => ratio > MOST_RATIO).map(({ name }) => name);
  if (dearer.length === 0) return;
  console.error(`${SLOTS} slots cost more than ${MOST_RATIO} times an eighth on: ${dearer.join(', ')}`);
  process.exitCode = 1;
}

async function compare(name: string, tasks: readonly Arrival[], model: Model): Promise<Row> {
  const [one, several] = [await run(tasks, model, 1), await run(tasks, model, SLOTS)];
  const ratio = (SLOTS * several.paidSeconds) / one.paidSeconds;
  return { name, tasks: tasks.length, one, several, ratio };
}

/** The same pool in slots: with one slot, its bounds are eight times as many agents. */
function run(
  tasks: readonly Arrival[],
  { config, ...model }: Model,
  concurrency: number,
): Promise<RunResult> {
  const agents = SLOTS / concurrency;
  const bounds = { min: config.min * agents, max: config.max * agents };
  const sized = { ...model, config: { ...config, concurrency, ...bounds } };
  return simulate(tasks, sized, { begin: productionScaler });
}

function tableOf(rows: readonly Row[]): string {
  const share = (value: number) => `${(100 * value).toFixed(1)} %`;
  const lines = rows.map(({ name, tasks, one, several, ratio }) => [
    name,
    tasks.toLocaleString('en'),
    share(one.within),
    share(several.within),
    one.paidPerBusy.toFixed(3),
    (SLOTS * several.paidPerBusy).toFixed(3),
    ratio.toFixed(3),
  ]);
  const header = ['', 'tasks', 'in time, 1 slot', `${SLOTS} slots`, 'paid/busy, 1 slot', `${SLOTS} slots`];
  return markdownTable([[...header, 'ratio'], ...lines], {
    align: ['l', ...header.map(() => 'r')],
  });
}
