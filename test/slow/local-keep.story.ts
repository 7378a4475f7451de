// Covers: cli/start-local.ts, cli/reload.ts, cli/config-file.ts, cli/send-config.ts, cli/watch-local.ts, local/folder.ts, local/return-tasks.ts, local/kept-queues-and-objects.ts, local/deploy/deploy.ts, local/stack.ts
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { run } from '../../cli/run.ts';

/** Counts turns. Its first attempt at a task may end the process, and a slow one takes longer than the stack lives. */
const HANDLER = `
  export default async ({ payload, attempt }, context) => {
    if (payload.dies && attempt === 1) process.exit(3);
    if (payload.slow && attempt === 1) await new Promise(() => setInterval(() => {}, 1_000));
    const turns = (context?.turns ?? 0) + 1;
    return { result: { turns, attempt }, context: { turns } };
  };`;
const configOf = (handler: string, names: readonly string[]) =>
  `export default ${JSON.stringify(
    names.map((name) => ({ name, handler, tickSeconds: 1, pollSeconds: 1, stopTimeoutSeconds: 5 })),
  )}`;

let project: string;
let config: string;
let local: ChildProcess;
const reported: string[] = [];

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'agentpool-project-'));
  config = join(project, 'pools.config.mjs');
  await writeFile(join(project, 'handler.mjs'), HANDLER);
  await writeFile(config, configOf(join(project, 'handler.mjs'), ['kept']));
  await startStack();
});
afterAll(async () => {
  local.kill('SIGTERM');
  await once(local, 'exit');
});

async function startStack() {
  const args = ['--directory', join(project, 'stack'), '--start-seconds', '0', '--keep', '--watch'];
  local = spawn(process.execPath, ['cli/main.ts', 'local', '--json', config, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  local.stderr?.on('data', (text: Buffer) => reported.push(text.toString()));
  await once(local.stdout as NodeJS.ReadableStream, 'data');
}

const environment = () => readFile(join(project, 'stack', '.agentpool', 'environment'), 'utf8');

/** Runs a command in another terminal. */
async function agentpool(...args: string[]) {
  Object.assign(process.env, parseEnv(await environment()));
  const said: string[] = [];
  const output = {
    say: (text: string) => void said.push(text),
    warn: (text: string) => void said.push(text),
  };
  const outputs = process.env['AGENTPOOL_OUTPUTS'] ?? '';
  const status = await run([...args, '--outputs', outputs], output);
  return { status, text: said.join('\n') };
}
const turn = async (payload: object) => {
  const { status, text } = await agentpool(
    'send',
    'kept',
    JSON.stringify(payload),
    '--context',
    'c',
    '--wait',
  );
  expect(status, text).toBe(0);
  return JSON.parse(text) as { turns: number; attempt: number };
};

test('a local stack returns the task of an agent that died, and keeps its data and ports', async () => {
  // The message stays invisible for another 2 minutes on AWS.
  const startedMs = Date.now();
  expect(await turn({ dies: true })).toEqual({ turns: 1, attempt: 2 });
  expect(Date.now() - startedMs).toBeLessThan(60_000);

  const { text } = await agentpool('send', 'kept', '{"slow":true}', '--context', 'c');
  const id = text.trim();
  const running = async () => expect((await agentpool('task', id)).text).toContain('running');
  await vi.waitFor(running, { timeout: 30_000, interval: 500 });
  const before = await environment();
  local.kill('SIGKILL');
  await once(local, 'exit');
  await startStack();

  expect(await environment()).toBe(before);
  expect(await turn({})).toEqual({ turns: 3, attempt: 1 });
});

test('a local stack deploys a changed configuration and says what is wrong with one', async () => {
  await writeFile(config, configOf(join(project, 'handler.mjs'), ['kept', 'added']));
  await vi.waitFor(async () => expect((await agentpool('address', 'added')).status).toBe(0), {
    timeout: 30_000,
    interval: 500,
  });
  const sent = await agentpool('send', 'added', '{}', '--wait');
  expect(sent.status, sent.text).toBe(0);
  expect(await turn({})).toEqual({ turns: 4, attempt: 1 });

  await writeFile(config, 'export default [{ name: ');
  await vi.waitFor(
    () => expect(reported.join('')).toMatch(/the stack stays as it is: .*pools\.config\.mjs:1: SyntaxError/),
    { timeout: 30_000 },
  );
});

test('a second stack in the same folder is refused', async () => {
  const args = ['cli/agentpool.mjs', 'local', config, '--directory', join(project, 'stack')];
  await writeFile(config, configOf(join(project, 'handler.mjs'), ['kept']));
  const second = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const said: string[] = [];
  second.stderr.on('data', (text: Buffer) => said.push(text.toString()));
  expect(await once(second, 'exit')).toEqual([1, null]);
  expect(said.join('')).toContain(`a local stack is already running in ${join(project, 'stack')}`);
});
