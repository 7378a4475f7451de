import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import type { Failure } from '../../sim/faults/run-seed.ts';
import { MUTATIONS, type Mutation, plant } from './mutations.ts';

const USAGE = `npm run test:mutation -- [--seeds N] [--only TEXT] [--short]

Plants bugs in a copy of the project, one at a time, and lets the fault simulation look for each.
Exit statuses: 0 all found, 1 some not found, 2 wrong usage.
  --seeds N     search for a bug within this many seeds (default 500)
  --only TEXT   plant only the bugs whose name contains this; repeatable
  --short       plant only the bugs that are found within a few seeds`;
const COPIED = ['shared', 'agent', 'functions', 'sim', 'test', 'package.json'];

process.exitCode = await main();

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '500' },
      only: { type: 'string', multiple: true, default: [''] },
      short: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const seeds = Number(values.seeds);
  const planted = MUTATIONS.filter(
    ({ name, isQuick = false }) =>
      values.only.some((text) => name.includes(text)) && (isQuick || !values.short),
  );
  if (values.help || !(Number.isSafeInteger(seeds) && seeds > 0) || planted.length === 0) {
    console.error(USAGE);
    return values.help ? 0 : 2;
  }
  let missed = 0;
  for (const mutation of planted) {
    const found = await search(mutation, seeds);
    if (found === undefined) missed += 1;
    console.log(
      `${found === undefined ? 'NOT FOUND' : `seed ${String(found.seed).padStart(4)}`}  ${mutation.name}${found ? `: ${found.invariant}` : ''}`,
    );
  }
  const notPlanted = MUTATIONS.length - planted.length;
  console.log(
    `${planted.length - missed} of ${planted.length} bugs found within ${seeds} seeds; ${notPlanted} others not planted`,
  );
  return missed === 0 ? 0 : 1;
}

async function search(mutation: Mutation, seeds: number): Promise<Failure | undefined> {
  const directory = mkdtempSync(join(tmpdir(), 'agentpool-mutation-'));
  try {
    for (const each of COPIED) cpSync(each, join(directory, each), { recursive: true });
    symlinkSync(resolve('node_modules'), join(directory, 'node_modules'));
    const text = readFileSync(mutation.file, 'utf8');
    writeFileSync(join(directory, mutation.file), plant(mutation, text));
    const simulation = ['sim/faults/main.ts', '--seeds', `${seeds}`, '--bail', '--json'];
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', ...simulation],
      { cwd: directory, maxBuffer: 2 ** 26 },
    ).catch((failed: { stdout: string }) => failed);
    return (JSON.parse(stdout) as { failures: Failure[] }).failures[0];
  } finally {
    rmSync(directory, { recursive: true });
  }
}
