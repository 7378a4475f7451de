import { fork } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startLocalStack } from '../../../local/stack.ts';
import { replaceBetween } from '../replace-between.ts';
import { isShort } from '../short.ts';
import type { Measured } from './client.ts';
import { simulateDay } from './day.ts';
import { loadTable, scaleTable } from './report.ts';

const USAGE = `npm run bench:load -- [--write FILE.md] [--short]

Measures how much goes through a worker and a scaler of this machine, against the same calls made without the project's
code, and what a thousand pools would ask of AWS. Takes about three minutes.
  --write FILE.md   replace the tables in a file
  --short           few tasks, pools and ticks: shows that it works, in half a minute`;

const { values: options } = parseArgs({
  options: {
    write: { type: 'string' },
    short: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
if (options.help) {
  console.log(USAGE);
  process.exit(0);
}
const CLIENT = fileURLToPath(new URL('./client.ts', import.meta.url));

console.error('measuring a worker, ticks and memory on the emulators …');
const measured = await measure();
console.error('simulating a day of a thousand pools …');
const day = await simulateDay();
const report = `${loadTable(measured)}\n\n${scaleTable(day, measured)}`;
if (options.write === undefined) process.stdout.write(`${report}\n`);
else await writeFile(options.write, replaceBetween(await readFile(options.write, 'utf8'), 'load', report));

async function measure(): Promise<Measured> {
  const logDirectory = await mkdtemp(join(tmpdir(), 'agentpool-load-'));
  const stack = await startLocalStack({
    pools: [{ name: 'load', handler: './agent/handlers/echo.ts', min: 0, pollSeconds: 1 }],
    startDelayMs: 3_600_000,
    logDirectory,
    scheduled: false,
  });
  try {
    return await new Promise<Measured>((resolve, reject) => {
      const child = fork(CLIENT, [stack.outputsFile, ...(isShort ? ['--short'] : [])], {
        execArgv: ['--expose-gc', '--disable-warning=ExperimentalWarning'],
      });
      child.once('message', (message) => resolve(message as Measured));
      child.once('error', reject);
      child.once('exit', (code) => reject(new Error(`the measuring process ended with exit status ${code}`)));
    });
  } finally {
    await stack.close();
    await rm(logDirectory, { recursive: true });
  }
}
