import { writeFile } from 'node:fs/promises';
import { SingleBar } from 'cli-progress';
import { candidatesFor } from './candidates.ts';
import { documentOf, secondsOf, type TraceResult } from './compare.ts';
import { comparisonOf, summaryOf } from './comparison.ts';
import { parseOptions, USAGE } from './options.ts';
import { plotRun } from './plot.ts';
import { tablesOf } from './report.ts';
import { tracesOf } from './traces.ts';
import { writeParts } from './write.ts';

/** Exit statuses: 0 done; 2 wrong usage, or a trace that cannot be read. */
async function main(): Promise<number> {
  const options = await parseOptions(process.argv.slice(2));
  if (options === 'help') {
    console.log(USAGE);
    return 0;
  }
  const { model, shown } = options;
  if (shown.kind === 'page') throw new Error('the page is of the console: npx agentpool backtest --open');
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
  if (shown.plot !== undefined) {
    for (const { name, tasks } of traces) {
      const file = traces.length === 1 ? shown.plot : shown.plot.replace(/\.svg$/, `-${name}.svg`);
      await writeFile(file, await plotRun(name, tasks, model));
      console.error(`plotted ${file}`);
    }
  }
  const tables = tablesOf(results, model);
  const comparison = comparisonOf(results, model);
  const kind = options.made === undefined ? 'recorded' : 'made';
  for (const file of shown.write) {
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

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    console.error(`agentpool backtest: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 2;
  },
);
