import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { summaryLines } from '../../local/demo/summary.ts';
import { childrenOf } from '../processes.ts';
import { runChaos, type Survived } from './run.ts';

const USAGE = `npm run test:chaos -- [--tasks N] [--json]

Sends a burst of tasks (default 2000) through the stack on this machine, of real processes, while agents are killed and
frozen, the scaler dies in mid-tick, services go away and come back, and calls are throttled, fail, hang up or lose their
answers. Exit statuses: 0 nothing was lost and the pool is well, 1 otherwise, 2 wrong usage.`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      tasks: { type: 'string', default: '2000' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const tasks = Number(values.tasks);
  if (!Number.isSafeInteger(tasks) || tasks < 20) {
    console.error(`--tasks takes a whole number from 20 on, not "${values.tasks}"\n\n${USAGE}`);
    return 2;
  }
  const logDirectory = await mkdtemp(join(tmpdir(), 'agentpool-chaos-'));
  const startMs = Date.now();
  const report = (line: string) =>
    console.error(`${((Date.now() - startMs) / 1000).toFixed(0).padStart(4)} s  ${line}`);
  const survived = await runChaos({ tasks, logDirectory, report });
  const left = childrenOf(process.pid).length;
  const unwell = [...survived.unwell, ...(left > 0 ? [`${left} processes are left`] : [])];
  const { summary } = survived;
  const isWell =
    unwell.length === 0 &&
    summary.completed === tasks &&
    summary.lost + summary.duplicated + summary.busyStopped === 0;
  console.log(
    values.json
      ? JSON.stringify({ ...survived, unwell, seconds: (Date.now() - startMs) / 1000 })
      : formatSurvived({ ...survived, unwell }),
  );
  if (isWell) await rm(logDirectory, { recursive: true });
  else console.error(`logs in ${logDirectory}`);
  return isWell ? 0 : 1;
}

function formatSurvived({ summary, injected, done, unwell }: Survived): string {
  const calls = Object.entries(injected).map(([fault, times]) => `${times} ${fault}`);
  return [
    summaryLines(summary, process.stdout.columns ?? 100),
    `calls      ${calls.join(', ')}`,
    ...done.map((what, index) => `${index === 0 ? 'survived' : '        '}   ${what}`),
    `in the end ${unwell.length === 0 ? 'as many agents as there have to be, with true records; nothing orphaned' : unwell.join('; ')}`,
  ].join('\n');
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(
      `agentpool chaos: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
    process.exit(2);
  },
);
