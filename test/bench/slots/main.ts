import { fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { markdownTable } from 'markdown-table';
import { type LocalStack, startLocalStack } from '../../../local/stack.ts';
import { openPool } from '../../../shared/aws/open-pool.ts';
import type { PoolInput } from '../../../shared/core/pool/config.ts';
import { isShort } from '../short.ts';
import type { Measured } from './agent.ts';

const USAGE = `npm run bench:slots -- [--short]

Measures how many tasks of 100 ms one agent does in a second with one slot and with sixteen, and its memory: a process
of its own, on the emulators, with a standard queue and without contexts.
Exit statuses: 0 targets met, 1 targets missed (16 slots: eight times the tasks of one, less than 200 MB).
  --short   few tasks: shows that it works`;

const { values } = parseArgs({
  options: {
    short: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
if (values.help) {
  console.log(USAGE);
  process.exit(0);
}

const AGENT = fileURLToPath(new URL('./agent.ts', import.meta.url));
const TIMES_AS_MANY = 8;
const RSS_MB = 200;
const SLOTS = [1, 16] as const;
/** Tasks for each slot. */
const TASKS = isShort ? 10 : 60;

const pools = SLOTS.map(
  (concurrency): PoolInput => ({
    name: `slots-${concurrency}`,
    handler: './agent/handlers/echo.ts',
    ordering: 'none',
    min: 0,
    concurrency,
  }),
);
const logDirectory = await mkdtemp(join(tmpdir(), 'agentpool-slots-'));
const stack = await startLocalStack({ pools, startDelayMs: 3_600_000, logDirectory, scheduled: false });
try {
  const [one, many] = [await measure(stack, SLOTS[0]), await measure(stack, SLOTS[1])];
  const timesAsMany = many.tasksPerSecond / one.tasksPerSecond;
  const row = (slots: number, { tasksPerSecond, mostAtOnce, cpuMsPerTask, rssBytes }: Measured) => [
    String(slots),
    tasksPerSecond.toFixed(1),
    String(mostAtOnce),
    cpuMsPerTask.toFixed(1),
    (rssBytes / 1e6).toFixed(0),
  ];
  console.log(
    markdownTable([
      ['slots', 'tasks/s', 'tasks at once', 'processor time a task (ms)', 'memory (MB)'],
      row(SLOTS[0], one),
      row(SLOTS[1], many),
    ]),
  );
  console.log(
    `\n${SLOTS[1]} slots do ${timesAsMany.toFixed(1)} times the tasks of one (target: ${TIMES_AS_MANY})`,
  );
  const isMet = timesAsMany >= TIMES_AS_MANY && many.rssBytes < RSS_MB * 1e6;
  process.exitCode = isMet || isShort ? 0 : 1;
} finally {
  await stack.close();
  await rm(logDirectory, { recursive: true });
}

/** The tasks are queued before the agent starts. */
async function measure({ outputs, outputsFile }: LocalStack, slots: number): Promise<Measured> {
  const count = TASKS * slots;
  const { client } = openPool(outputs, `slots-${slots}`);
  await client.sendTasks(Array.from({ length: count }, (_, index) => ({ payload: index })));
  return new Promise((resolve, reject) => {
    const child = fork(AGENT, [outputsFile, `slots-${slots}`, String(slots), String(count)], {
      // As the task definition starts it.
      execArgv: ['--disable-warning=ExperimentalWarning', '--optimize-for-size'],
    });
    let measured: Measured | undefined;
    child.once('message', (message) => {
      measured = message as Measured;
    });
    child.once('error', reject);
    child.once('exit', (code) => {
      if (measured) resolve(measured);
      else reject(new Error(`the agent ended with exit status ${code}`));
    });
  });
}
