import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { synthesize } from '../../../local/deploy/synthesize.ts';
import { startLocalStack } from '../../../local/stack.ts';
import { openPool } from '../../../shared/aws/open-pool.ts';
import { replaceBetween } from '../replace-between.ts';
import { measureTick, measureTurn, measureVisit } from './measure.ts';
import { millionTasksTable } from './million.ts';
import { type Counts, growthTable, idleTable } from './report.ts';
import { countingLog } from './usage.ts';

/**
 * `npm run bench:cost`: what a stack costs a month. What is used is measured, on the synthesized template and on the
 * emulators; what it costs is AWS's list price (sim/prices.ts). `--write FILE.md` replaces the tables in a file;
 * `--million` makes only the one of a million tasks, which is simulated; `--short` simulates a day for it instead of a
 * week.
 */
const { values: options } = parseArgs({
  options: {
    write: { type: 'string' },
    million: { type: 'boolean', default: false },
    short: { type: 'boolean', default: false },
  },
});
const POOL = { name: 'cost', handler: './agent/handlers/echo.ts', min: 0, max: 10 } as const;

await show('million tasks', await millionTasksTable(options.short ? 1 : 7));
if (!options.million) await show('cost', await measured());

async function show(name: string, report: string): Promise<void> {
  if (options.write === undefined) process.stdout.write(`${report}\n\n`);
  else await writeFile(options.write, replaceBetween(await readFile(options.write, 'utf8'), name, report));
}

async function measured(): Promise<string> {
  const log = countingLog();
  const logDirectory = await mkdtemp(join(tmpdir(), 'agentpool-cost-'));
  const stack = await startLocalStack({
    pools: [POOL],
    startDelayMs: 3_600_000,
    logDirectory,
    scheduled: false,
  });
  try {
    const deployed = openPool(stack.outputs, POOL.name);
    const idle = await measureTick(deployed, log, 0);
    const atWork = await measureTick(deployed, log, 10);
    const turn = await measureTurn(deployed, log);
    const visit = await measureVisit(deployed);
    const one = await count([POOL.name]);
    const two = await count([POOL.name, 'other']);
    return `${idleTable(one, idle)}\n\n${growthTable(two.alarms - one.alarms, atWork, { turn, visit })}`;
  } finally {
    await stack.close();
    await rm(logDirectory, { recursive: true });
  }
}

/** The resources of the template that are billed by the month. */
async function count(names: readonly string[]): Promise<Counts> {
  const { Resources: resources } = await synthesize(names.map((name) => ({ ...POOL, name })));
  const of = (type: string) => Object.values(resources).filter(({ Type }) => Type === type).length;
  return { alarms: of('AWS::CloudWatch::Alarm'), dashboards: of('AWS::CloudWatch::Dashboard') };
}
