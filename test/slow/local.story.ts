// Covers: cli/reload.ts, local/agent-variables.ts, cli/local-variables.ts, cli/commands/local.ts, local/stack.ts
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { expect, test, vi } from 'vitest';
import { run } from '../../cli/run.ts';
import { descendantsOf, isRunning } from '../processes.ts';

const HANDLER = `
  export default async ({ payload }) => {
    const { MODEL_KEY: key, OTHER_KEY: missing = null, AWS_ACCESS_KEY_ID: credentials, AWS_REGION: region } = process.env;
    return { result: { payload, key, missing, credentials, region } };
  };`;
const configOf = (handler: string) => `
  export default [{
    name: 'keys',
    handler: ${JSON.stringify(handler)},
    min: 1,
    tickSeconds: 1,
    pollSeconds: 1,
    stopTimeoutSeconds: 5,
    agent: {
      secrets: { MODEL_KEY: 'prod/model:key', OTHER_KEY: 'ssm:/other' },
      permissions: [{ actions: ['bedrock:InvokeModel'], resources: ['*'] }],
    },
  }];`;

test('agentpool local gives agents their keys, reloads changed code, and ends with every process that it started', async () => {
  const project = await mkdtemp(join(tmpdir(), 'agentpool-project-'));
  await writeFile(join(project, 'handler.mjs'), HANDLER);
  await writeFile(join(project, 'pools.config.mjs'), configOf(join(project, 'handler.mjs')));
  await writeFile(join(project, '.env'), 'MODEL_KEY=from the file');
  const args = [
    join(project, 'pools.config.mjs'),
    '--env',
    join(project, '.env'),
    '--directory',
    join(project, 'stack'),
    '--start-seconds',
    '0',
    '--watch',
  ];
  const local = spawn(process.execPath, ['cli/agentpool.mjs', 'local', '--json', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, AWS_ACCESS_KEY_ID: 'MINE', AWS_SECRET_ACCESS_KEY: 'x', AWS_REGION: 'eu-west-1' },
  });
  const reported: string[] = [];
  local.stderr.on('data', (text: Buffer) => reported.push(text.toString()));
  const [printed] = (await once(local.stdout, 'data')) as [Buffer];
  const { environment } = JSON.parse(printed.toString()) as { environment: string };
  Object.assign(process.env, parseEnv(await readFile(environment, 'utf8')));
  const said: string[] = [];
  const output = {
    say: (text: string) => void said.push(text),
    warn: (text: string) => void said.push(text),
  };
  const outputs = process.env['AGENTPOOL_OUTPUTS'] ?? '';
  const status = await run(['send', 'keys', '{"turn":1}', '--wait', '--outputs', outputs], output);
  expect(status, said.join('')).toBe(0);
  expect(JSON.parse(said.join(''))).toEqual({
    payload: { turn: 1 },
    key: 'from the file',
    missing: null,
    credentials: 'MINE',
    region: 'eu-west-1',
  });
  expect(reported.join('')).toContain('keys: OTHER_KEY is missing (agent.secrets)');
  const piped = spawn(process.execPath, ['cli/agentpool.mjs', 'send', 'keys', '-', '--outputs', outputs], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  piped.stdin.end('{"payload":1}\n{"payload":2}\n');
  expect(String((await once(piped.stdout, 'data'))[0])).toBe('2 tasks sent\n');

  await writeFile(join(project, 'handler.mjs'), `export default async () => ({ result: 'changed' });`);
  await vi.waitFor(
    async () => {
      said.length = 0;
      expect(await run(['send', 'keys', '1', '--wait', '--outputs', outputs], output)).toBe(0);
      expect(said.join('')).toBe('"changed"');
    },
    { timeout: 60_000, interval: 1_000 },
  );
  expect(reported.join('')).toContain(
    'handler.mjs changed: replacing all agents, each after its current task',
  );

  const all = descendantsOf(local.pid ?? 0);
  expect(all.length).toBeGreaterThanOrEqual(3);
  local.kill('SIGTERM');
  await vi.waitFor(() => expect(all.filter(isRunning)).toEqual([]), { timeout: 60_000 });
});
