// Covers: package/build-light.ts, package/tasks.ts, shared/aws/open-for-sending.ts
import { mkdir, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { QUICKLY, run } from './run.ts';

/** The packages as they are published. */
let directory: string;
const { whole, light } = inject('packed');
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'agentpool-consumers-'));
});
afterAll(() => rm(directory, { recursive: true }));

async function bytesIn(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true });
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

test('who only sends tasks installs one package, of a few megabytes', async () => {
  const folder = join(directory, 'light');
  await mkdir(folder);
  await run(folder, 'npm', ['init', '-y']);
  await run(folder, 'npm', ['install', light], QUICKLY);
  expect(await readdir(join(folder, 'node_modules'))).toEqual(['.package-lock.json', 'agentpool-tasks']);
  expect(await bytesIn(join(folder, 'node_modules'))).toBeLessThan(5_000_000);
  const manifest = async (path: string) =>
    JSON.parse(await readFile(path, 'utf8')) as { version: string; license: string };
  const [own, ours] = [await manifest('package/light/package.json'), await manifest('package.json')];
  expect([own.version, own.license]).toEqual([ours.version, ours.license]);
});

test('publint and arethetypeswrong find nothing wrong in either package', async () => {
  for (const packed of [whole, light]) {
    await run(directory, 'npx', ['--yes', 'publint@0.3.25', packed, '--strict'], QUICKLY);
    // The package as a whole is ES modules only: CommonJS on Node 20.19, or newer, requires those.
    const profile = packed === whole ? ['--profile', 'esm-only'] : [];
    await run(directory, 'npx', ['--yes', '@arethetypeswrong/cli@0.18.5', packed, ...profile], QUICKLY);
  }
});
