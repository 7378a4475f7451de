import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { Failure } from '../../sim/faults/run-seed.ts';
import { MUTATIONS, type Mutation } from './mutations.ts';

/**
 * `npm run test:mutation`: plants bugs in a copy of the project, one at a time, and lets the fault simulation look for
 * each within 500 seeds. Exit status 1 when one is not found.
 */
const SEEDS = 500;
const COPIED = ['shared', 'agent', 'functions', 'sim', 'test', 'package.json'];

let missed = 0;
for (const mutation of MUTATIONS) {
  const found = await look(mutation);
  if (found === undefined) missed += 1;
  console.log(
    `${found === undefined ? 'NOT FOUND' : `seed ${String(found.seed).padStart(4)}`}  ${mutation.name}${found ? `: ${found.invariant}` : ''}`,
  );
}
console.log(`${MUTATIONS.length - missed} of ${MUTATIONS.length} found within ${SEEDS} seeds`);
process.exitCode = missed === 0 ? 0 : 1;

async function look({ name, file, and, ...first }: Mutation): Promise<Failure | undefined> {
  const directory = mkdtempSync(join(tmpdir(), 'agentpool-mutation-'));
  try {
    for (const each of COPIED) cpSync(each, join(directory, each), { recursive: true });
    symlinkSync(resolve('node_modules'), join(directory, 'node_modules'));
    let text = readFileSync(file, 'utf8');
    for (const { of, to } of and ? [first, and] : [first]) {
      if (text.split(of).length !== 2)
        throw new Error(`${name}: ${file} does not have what is to be changed, once`);
      text = text.replace(of, to);
    }
    writeFileSync(join(directory, file), text);
    const args = [
      '--disable-warning=ExperimentalWarning',
      'sim/faults/main.ts',
      '--seeds',
      String(SEEDS),
      '--bail',
      '--json',
    ];
    const { stdout } = await promisify(execFile)(process.execPath, args, {
      cwd: directory,
      maxBuffer: 2 ** 26,
    }).catch((failed: { stdout: string }) => failed);
    return (JSON.parse(stdout) as { failures: Failure[] }).failures[0];
  } finally {
    rmSync(directory, { recursive: true });
  }
}
