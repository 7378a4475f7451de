import { rm } from 'node:fs/promises';
import { readTrace } from '../../shared/tasks/trace.ts';
import { readConversations } from '../replay/conversations.ts';
import { planTasks } from '../replay/plan.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { compareWithOthers } from './comparison.ts';
import { parseOptions, USAGE } from './options.ts';
import { demoConfig } from './pool.ts';
import { runDemo } from './run.ts';
import { openScreen } from './screen.ts';
import { comparisonLines, NEXT_STEPS, type Report, summaryLines } from './summary.ts';

/** Returns the exit code: 0 success; 1 a task was lost or ran twice, or a busy agent was stopped; 2 invalid usage. */
async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2));
  if (options === 'help') {
    console.log(USAGE);
    return 0;
  }
  const [arrivals, conversations] = await Promise.all([
    readTrace(options.trace),
    readConversations(options.trajectories),
  ]);
  const planned = planTasks(arrivals.slice(0, options.tasks), conversations, options.speed);
  const screen = openScreen(options.json ? process.stderr : process.stdout, planned.length);
  const logDirectory = await temporaryFolder('demo');
  const { speed, concurrency } = options;
  const summary = await runDemo({ planned, speed, concurrency, screen, logDirectory }).finally(screen.close);
  const report: Report = {
    ...summary,
    comparison: await compareWithOthers({
      planned,
      config: demoConfig({ speed, concurrency }),
      speed,
      startupSeconds: summary.startupSeconds,
    }),
  };
  process.stdout.write(
    options.json
      ? `${JSON.stringify(report)}\n`
      : reportFor(process.stdout.columns ?? 100, report, logDirectory),
  );
  const isOk = summary.lost + summary.duplicated + summary.busyStopped === 0;
  // The JSON doesn't contain the path of the logs. After a failure, they're kept for debugging.
  if (options.json && isOk) await rm(logDirectory, { recursive: true });
  return isOk ? 0 : 1;
}

function reportFor(columns: number, report: Report, logDirectory: string): string {
  const run = [summaryLines(report, columns), `logs       ${logDirectory}`].join('\n');
  return `\n${[run, comparisonLines(report, columns), NEXT_STEPS].join('\n\n')}\n`;
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(`agentpool demo: ${error instanceof Error ? error.message : String(error)}`);
    process.exit(2);
  },
);
