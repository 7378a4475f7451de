import { writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { SingleBar } from 'cli-progress';
import { type Arrival, readTrace } from '../../shared/tasks/trace.ts';
import { MADE_TRACES } from '../traces/made.ts';
import { candidatesFor } from './candidates.ts';
import { documentOf, secondsOf, type TraceResult } from './compare.ts';
import { comparisonOf, summaryOf } from './comparison.ts';
import { type BacktestOptions, parseOptions, USAGE } from './options.ts';
import { plotRun } from './plot.ts';
import { tablesOf } from './report.ts';
import { writeParts } from './write.ts';

/** Exit statuses: 0 done; 2 wrong usage, or a trace that cannot be read. */
async function main(): Promise<number> {
  const options = await parseOptions(process.argv.slice(2));
  if (options === 'help') {
    console.log(USAGE);
    return 0;
  }
  const { model } = options;
  const { config } = model;
  const traces = await tracesOf(options);
  const candidates = candidatesFor(options.policies);
  const bar = new SingleBar({ format: '{bar} {trace}: {policy}, {runs} runs', clearOnComplete: true });
  bar.start(traces.length * candidates.length, 0, { trace: '', policy: '', runs: 0 });
  let runs = 0;
  const results: TraceResult[] = [];
  for (const { name, tasks } of traces) {
    const policies = await Array.fromAsync(candidates, async (candidate) => {
      const progress = () => bar.update({ trace: name, policy: candidate.policy, runs });
      progress();
      const result = await candidate.run(tasks, model, () => {
        runs += 1;
        progress();
      });
      bar.increment();
      return result;
    });
    results.push({ trace: name, tasks: tasks.length, seconds: secondsOf(tasks), policies });
  }
  bar.stop();
  if (options.plot !== undefined) {
    for (const { name, tasks } of traces) {
      const file = traces.length === 1 ? options.plot : options.plot.replace(/\.svg$/, `-${name}.svg`);
      await writeFile(file, await plotRun(name, tasks, model));
      console.error(`plotted ${file}`);
    }
  }
  const tables = tablesOf(results, model);
  const comparison = comparisonOf(results, model);
  const kind = options.made === undefined ? 'recorded' : 'made';
  for (const file of options.write) {
    await writeParts(file, {
      [`backtest of ${kind} traces`]: tables,
      [`comparison on ${kind} traces`]: comparison,
      [`summary on ${kind} traces`]: summaryOf(results, model),
    });
  }
  const document = () => `${JSON.stringify(documentOf(results, config.objective.percent))}\n`;
  process.stdout.write(options.json ? document() : `${tables}\n${comparison}`);
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
