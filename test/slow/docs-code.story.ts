// Covers: README.md, docs, infra/agent-platform.ts, infra/agent-pool.ts, infra/capacity.ts
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { blocksIn } from '../docs.ts';

/** A copy of the project, as far as the documentation's code uses it, with that code in the place it names. */
let directory: string;
let files: readonly string[];
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'agentpool-docs-'));
  for (const name of ['agent', 'infra', 'package', 'shared', 'functions'])
    cpSync(name, join(directory, name), { recursive: true });
  for (const name of ['node_modules', 'package.json', 'package-lock.json', 'tsconfig.json'])
    symlinkSync(resolve(name), join(directory, name));
  files = blocksIn('ts').map(({ path, text }, index) => {
    const file = join(directory, path === '' ? `block-${index}.ts` : path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    return file;
  });
});
afterAll(() => rm(directory, { recursive: true }));

test('the TypeScript in the documentation compiles, in the place that it names', async () => {
  expect(files.length).toBeGreaterThan(6);
  // CDK's types make no difference between undefined and absent.
  const options = {
    preserveSymlinks: true,
    exactOptionalPropertyTypes: false,
    noPropertyAccessFromIndexSignature: false,
  };
  const config = join(directory, 'tsconfig.docs.json');
  writeFileSync(
    config,
    JSON.stringify({ extends: './tsconfig.json', compilerOptions: options, include: [], files }),
  );
  const { stdout } = await promisify(execFile)(resolve('node_modules/.bin/tsc'), ['-p', config]).catch(
    (failed: { stdout: string }) => failed,
  );
  expect(stdout.trim()).toBe('');
});

/** Synthesizes the stack that a file exports, as `cdk synth` does: with the rules of CDK and this project. */
const SYNTH = `
import { App } from 'aws-cdk-lib';
const app = new App({ context: { 'aws:cdk:bundling-stacks': [], '@aws-cdk/core:validateAgainstDefaultRules': true } });
for (const [name, Stack] of Object.entries(await import(process.argv[2]))) new Stack(app, name);
app.synth();
`;

test('every stack in the documentation synthesizes, and the rules find nothing in what agentpool creates', async () => {
  const stacks = blocksIn('ts').flatMap(({ text }, index) =>
    /class \w+ extends Stack/.test(text) ? [files[index] as string] : [],
  );
  expect(stacks.length).toBeGreaterThanOrEqual(2);
  writeFileSync(join(directory, 'synth.mjs'), SYNTH);
  // What the stacks of the documentation take from their own projects.
  mkdirSync(join(directory, 'api'), { recursive: true });
  writeFileSync(join(directory, 'api', 'index.js'), '');
  for (const file of stacks) {
    const { stderr } = await promisify(execFile)(process.execPath, ['synth.mjs', file], {
      cwd: directory,
    }).catch((failed: { stderr: string }) => failed);
    expect(stderr.replaceAll(/^.*(ExperimentalWarning|node --trace).*$/gm, '').trim()).toBe('');
  }
});
