// Covers: infra/app.ts
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';

/** The app as `cdk deploy` runs it, bundles and all: where Docker fails, no credentials are and every connection is refused. */
const NO_NETWORK =
  "data:text/javascript,import net from 'node:net'; net.Socket.prototype.connect = () => { throw new Error('network'); };";

let output: string;
beforeAll(async () => {
  output = await mkdtemp(join(tmpdir(), 'agentpool-synth-'));
  await promisify(execFile)(process.execPath, ['infra/app.ts'], {
    env: {
      PATH: process.env['PATH'],
      HOME: output,
      CDK_OUTDIR: output,
      CDK_DOCKER: 'false',
      NODE_OPTIONS: `--import="${NO_NETWORK}"`,
    },
  });
});
afterAll(() => rm(output, { recursive: true }));

test('the stack synthesizes without Docker, credentials or network', async () => {
  const template = JSON.parse(await readFile(join(output, 'Agentpool.template.json'), 'utf8')) as {
    Resources: object;
  };
  expect(Object.keys(template.Resources).length).toBeGreaterThan(50);
});

test('the bundle of every function is smaller than 800 KB', async () => {
  const sizes = await Promise.all(
    (await readdir(output)).map((name) =>
      stat(join(output, name, 'index.mjs')).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  const bundles = sizes.filter((size) => size > 0);
  expect(bundles).toHaveLength(3);
  for (const size of bundles) expect(size).toBeLessThan(800_000);
});
