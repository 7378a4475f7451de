import { writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { SingleBar } from 'cli-progress';
import { type Arrival, readTrace } from '../../shared/tasks/trace.ts';
import { MADE_TRACES } from '../traces/made.ts';
import { candidatesFor } from './candidates.ts';
import { type BacktestOptions, parseOptions, USAGE } from './options.ts';
import { plotRun } from './plot.ts';
import { reportOf, type TraceResult, writeReport } from './report.ts';

/** Exit statuses: 0 done; 2 wrong usage, or a trace that cannot be read. */
async function main(): Promise<number> {
  const options = await parseOptions(process.argv.slice(2));
  if (options === 'help') {
    console.log(USAGE);
    return 0;
  }
  const { model } = options;
  const traces = await tracesOf(options);
  const candidates = candidatesFor(options.policies);
  const runs = traces.length * candidates.reduce((sum, { steps }) => sum + steps, 0);
  const bar = new SingleBar({ format: '{bar} {percentage} %  {trace}: {policy}', clearOnComplete: true });
  bar.start(runs, 0, { trace: '', policy: '' });
  const results: TraceResult[] = [];
  for (const { name, tasks } of traces) {
    const policies = await Array.fromAsync(candidates, (candidate) => {
      bar.update({ trace: name, policy: candidate.policy });
      return candidate.run(tasks, model, () => bar.increment());
    });
    results.push({ trace: name, tasks: tasks.length, policies });
  }
  bar.stop();
  if (options.plot !== undefined) {
    for (const { name, tasks } of traces) {
      const file = traces.length === 1 ? options.plot : options.plot.replace(/\.svg$/, `-${name}.svg`);
      await writeFile(file, await plotRun(name, tasks, model));
      console.error(`plotted ${file}`);
    }
  }
  const report = reportOf(results, model);
  if (options.write !== undefined) {
    await writeReport(options.write, options.made === undefined ? 'recorded' : 'made', report);
  }
  process.stdout.write(options.json ? `${JSON.stringify({ traces: results })}\n` : report);
  return 0;
}

type NamedTrace = { readonly name: string; readonly tasks: readonly Arrival[] };

async function tracesOf({ traces, made }: BacktestOptions): Promise<readonly NamedTrace[]> {
  if (made !== undefined) return MADE_TRACES.map(({ name, make }) => ({ name, tasks: make(made) }));
  return Promise.all(traces.map(async (file) => ({ name: nameOf(file), tasks: await readTrace(file) })));
}

function nameOf(file: string): string {
  return basename(file).replace(/\.csv(\.gz)?$/, '');
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    console.error(`agentpool backtest: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 2;
  },
);
