import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import type { Failure } from '../../sim/faults/run-seed.ts';
import { BEHIND_THE_CONTRACTS } from './behind-the-contracts.ts';
import { BEHIND_THE_SCENARIOS, SCENARIOS } from './behind-the-scenarios.ts';
import { BEHIND_THE_SIMULATION } from './behind-the-simulation.ts';
import { type Mutation, plant } from './mutation.ts';

const USAGE = `npm run test:mutation -- [--seeds N] [--only TEXT] [--short]

Plants bugs, each in a copy of the project. The fault simulation, the scenarios or the contracts of the ports
must find each.
Exit statuses: 0 all found, 1 some not found, 2 wrong usage.
  --seeds N     let the simulation search within this many seeds (default 500)
  --only TEXT   plant only the bugs whose name contains this; repeatable
  --short       plant only some, which are found quickly, in code that has passed its tests`;
const NOT_COPIED = ['.git', 'node_modules', 'cdk.out', 'dist', 'coverage', 'docs'];

const CONTRACTS = ['test/ports'];

type Finder = (directory: string) => Promise<string | undefined>;

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
  const inSeeds = inSimulation(seeds);
  const all = [
    ...BEHIND_THE_CONTRACTS.map((mutation) => ({ mutation, find: inTests(CONTRACTS) })),
    ...BEHIND_THE_SCENARIOS.map((mutation) => ({ mutation, find: inTests(SCENARIOS) })),
    ...BEHIND_THE_SIMULATION.map((mutation) => ({ mutation, find: inSeeds })),
  ];
  const planted = all.filter(
    ({ mutation: { name, isQuick = false } }) =>
      values.only.some((text) => name.includes(text)) && (isQuick || !values.short),
  );
  if (values.help || !(Number.isSafeInteger(seeds) && seeds > 0) || planted.length === 0) {
    console.error(USAGE);
    return values.help ? 0 : 2;
  }
  // Where they fail on the code as it is, they would seem to find every bug. The short form follows `npm test`, which
  // has run them.
  const failed = values.short ? undefined : await search(undefined, inTests([...CONTRACTS, ...SCENARIOS]));
  if (failed !== undefined) {
    console.error(`without any bug: ${failed}`);
    return 1;
  }
  let missed = 0;
  const left = planted.values();
  // Each takes the next one as soon as it is free.
  const searcher = async () => {
    for (const { mutation, find } of left) {
      const found = await search(mutation, find);
      if (found === undefined) missed += 1;
      console.log(
        `${found === undefined ? 'NOT FOUND' : 'found    '}  ${mutation.name}${found === undefined ? '' : `: ${found}`}`,
      );
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, searcher));
  console.log(
    `${planted.length - missed} of ${planted.length} bugs found; ${all.length - planted.length} others not planted`,
  );
  return missed === 0 ? 0 : 1;
}

/** What finds the bug; without one, what finds anything wrong with the code as it is. */
async function search(mutation: Mutation | undefined, find: Finder): Promise<string | undefined> {
  const directory = mkdtempSync(join(tmpdir(), 'agentpool-mutation-'));
  try {
    for (const each of readdirSync('.').filter((name) => !NOT_COPIED.includes(name)))
      cpSync(each, join(directory, each), { recursive: true });
    symlinkSync(resolve('node_modules'), join(directory, 'node_modules'));
    if (mutation) {
      const text = readFileSync(mutation.file, 'utf8');
      writeFileSync(join(directory, mutation.file), plant(mutation, text));
    }
    return await find(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** The first seed whose run breaks an invariant. */
function inSimulation(seeds: number): Finder {
  return async (directory) => {
    const { stdout } = await run(directory, [
      'sim/faults/main.ts',
      '--seeds',
      `${seeds}`,
      '--bail',
      '--json',
    ]);
    const [failure] = (JSON.parse(stdout) as { failures: Failure[] }).failures;
    return failure && `seed ${failure.seed}: ${failure.invariant}`;
  };
}

/** The first test that fails. */
function inTests(files: readonly string[]): Finder {
  return async (directory) => {
    const report = join(directory, 'report.json');
    const vitest = join(directory, 'node_modules/vitest/vitest.mjs');
    await run(directory, [vitest, 'run', ...files, '--bail=1', '--reporter=json', `--outputFile=${report}`]);
    return firstFailure(report);
  };
}

function firstFailure(report: string): string | undefined {
  const { testResults } = JSON.parse(readFileSync(report, 'utf8')) as {
    testResults: { assertionResults: { status: string; fullName: string }[] }[];
  };
  const rows = testResults.flatMap(({ assertionResults }) => assertionResults);
  // A run in which nothing passes says nothing about the bug.
  if (!rows.some(({ status }) => status === 'passed')) throw new Error('the tests did not run');
  return rows.find(({ status }) => status === 'failed')?.fullName;
}

async function run(cwd: string, args: readonly string[]): Promise<{ readonly stdout: string }> {
  return promisify(execFile)(process.execPath, ['--disable-warning=ExperimentalWarning', ...args], {
    cwd,
    maxBuffer: 2 ** 26,
  }).catch((failed: { stdout: string }) => failed);
}
