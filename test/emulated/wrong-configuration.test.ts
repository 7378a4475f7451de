// Covers: agent/environment.ts, cli/commands/check.ts, local/deploy/synthesize.ts
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { synthesize } from '../../local/deploy/synthesize.ts';

/** A pool whose min is above its max, met in each place that reads the configuration. */
const WRONG = { name: 'support', handler: './agent/handlers/echo.ts', min: 5, max: 2 };
const MESSAGE = 'pool "support", field min: invalid value 5: expected at most max (2)';
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

let folder: string;
let file: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'agentpool-test-'));
  file = join(folder, 'pools.config.mjs');
  await writeFile(file, `export default [${JSON.stringify(WRONG)}];`);
});
afterAll(() => rm(folder, { recursive: true }));

const run = (script: string, args: readonly string[], environment: Record<string, string> = {}) =>
  promisify(execFile)(process.execPath, [script, ...args], {
    cwd: ROOT,
    env: { PATH: process.env['PATH'] ?? '', ...environment },
  });

test('the CDK app rejects an invalid configuration', async () => {
  await expect(synthesize([WRONG])).rejects.toThrow(MESSAGE);
});

test('agentpool check rejects an invalid configuration and accepts a valid one', async () => {
  await expect(run('cli/main.ts', ['check', file])).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining(MESSAGE),
  });
  expect((await run('cli/main.ts', ['check', '--offline'])).stdout).toBe(
    '✓ configuration echo: 2 to 10 agents of ./agent/handlers/echo.ts\n' +
      '✓ handlers      ./agent/handlers/echo.ts can be loaded\n',
  );
});

test('an agent does not start with an invalid configuration', async () => {
  const names = ['STACK', 'TABLE', 'BUCKET', 'QUEUE_URL', 'DEAD_LETTER_QUEUE_URL'].map(
    (name) => `AGENTPOOL_${name}`,
  );
  const environment = Object.fromEntries(
    [...names, 'ECS_CONTAINER_METADATA_URI_V4', 'ECS_AGENT_URI'].map((name) => [name, 'http://127.0.0.1:9']),
  );
  const pool = JSON.stringify(WRONG);
  await expect(run('agent/main.ts', [], { ...environment, AGENTPOOL_POOL: pool })).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining(MESSAGE),
  });
});
