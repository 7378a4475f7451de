import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readTrace } from '../../shared/tasks/trace.ts';
import { readConversations } from './conversations.ts';
import { parseOptions, USAGE } from './options.ts';
import { planTasks } from './plan.ts';
import { runDemo } from './run.ts';
import { openScreen, summaryLines } from './screen.ts';

/** Exit statuses: 0 all went well; 1 a task was lost or ran twice, or a busy agent was stopped; 2 wrong usage. */
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
  const logDirectory = await mkdtemp(join(tmpdir(), 'agentpool-demo-'));
  const summary = await runDemo({ planned, speed: options.speed, screen, logDirectory }).finally(
    screen.close,
  );
  process.stdout.write(
    options.json ? `${JSON.stringify(summary)}\n` : `${summaryLines(summary)}logs       ${logDirectory}\n`,
  );
  const isWell = summary.lost + summary.duplicated + summary.busyStopped === 0;
  // Who reads JSON was not told where the logs are; after a failure they are worth a search.
  if (options.json && isWell) await rm(logDirectory, { recursive: true });
  return isWell ? 0 : 1;
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(`agentpool demo: ${error instanceof Error ? error.message : String(error)}`);
    process.exit(2);
  },
);
