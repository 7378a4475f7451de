// Covers: cli/commands/init.ts, cli/templates.ts, cli/commands/logs.ts, cli/commands/cancel.ts, templates, docs/guide
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import { blocks, FRAMEWORK_PAGES } from '../docs.ts';
import { type FakeProvider, startProvider } from './fake-provider.ts';
import { QUICKLY, run } from './run.ts';

/** The first hour of a new user, from outside: an empty folder, the package, agents in every framework, what goes wrong. */
const COMMAND = 'node_modules/agentpool/cli/agentpool.mjs';
const FRAMEWORKS = Object.keys(FRAMEWORK_PAGES) as (keyof typeof FRAMEWORK_PAGES)[];
/** The versions that the guide was tried with. */
const VERSIONS: Readonly<Record<string, string>> = {
  ai: '7.0.173',
  '@ai-sdk/openai': '4.0.118',
  '@ai-sdk/anthropic': '4.0.105',
  '@ai-sdk/amazon-bedrock': '5.0.101',
  '@openai/agents': '0.20.0',
  openai: '7.57.0',
  '@strands-agents/sdk': '1.19.0',
  '@modelcontextprotocol/sdk': '1.32.2',
  '@opentelemetry/api': '1.9.1',
  zod: '4.6.7',
  'aws-cdk-lib': '2.276.0',
  constructs: '10.8.1',
  typescript: '7.0.2',
  '@types/node': '24.19.2',
};

let directory: string;
let provider: FakeProvider;
let local: ChildProcess | undefined;
let environment: NodeJS.ProcessEnv = {};
const reported: string[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'agentpool-walk-'));
  provider = await startProvider();
  await run(directory, 'npm', ['init', '-y'], QUICKLY);
  await run(directory, 'npm', ['pkg', 'set', 'type=module'], QUICKLY);
  const packages = Object.entries(VERSIONS).map(([name, version]) => `${name}@${version}`);
  // Side by side, Strands and the OpenAI Agents SDK ask for different versions of openai.
  await run(
    directory,
    'npm',
    ['install', inject('packed').whole, ...packages, '--legacy-peer-deps'],
    QUICKLY,
  );
});
afterAll(async () => {
  await endLocal();
  provider.close();
  await rm(directory, { recursive: true });
});

async function endLocal(): Promise<void> {
  if (local?.exitCode !== null || !local.kill('SIGTERM')) return;
  await once(local, 'exit');
}

type Ended = { readonly code: number; readonly out: string; readonly err: string };

/** Runs the command in the folder, or in one below, as in a terminal that points at the local stack. */
async function agentpool(args: readonly string[], folder = ''): Promise<Ended> {
  const cwd = join(directory, folder);
  const child = spawn(process.execPath, [join(directory, COMMAND), ...args], {
    cwd,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, err] = ['', ''];
  child.stdout.on('data', (text: Buffer) => (out += text));
  child.stderr.on('data', (text: Buffer) => (err += text));
  const [code] = (await once(child, 'close')) as [number];
  return { code, out: out.trim(), err: err.trim() };
}
async function outputOf(...args: readonly string[]): Promise<string> {
  const { code, out, err } = await agentpool(args);
  expect({ code, err }, `agentpool ${args.join(' ')}`).toMatchObject({ code: 0 });
  return out;
}
const write = (path: string, text: string) => writeFile(join(directory, path), text);

test('init writes each template, says what comes next, and check finds nothing wrong with it', async () => {
  for (const template of ['plain', ...FRAMEWORKS]) {
    await mkdir(join(directory, template));
    const { code, out } = await agentpool(['init', '--template', template], template);
    expect(code).toBe(0);
    expect(out).toMatch(/^wrote pools.config.ts, cdk.json, .gitignore, .\/agent\/support.ts\n\nNext:\n/);
    expect(out).toContain('npx agentpool send support \'{"question":"Where is my order?"}\'');
    const checked = await agentpool(['check', '--offline'], template);
    expect(checked, template).toMatchObject({ code: 0, out: expect.stringContaining('can be loaded') });
  }
  expect((await agentpool(['init'], 'plain')).err).toContain(
    'already exists: edit it, or overwrite it with --force',
  );
});

test("the guide's pages show the templates, install what they need, and all their code compiles", async () => {
  const files: string[] = [];
  for (const [template, page] of Object.entries(FRAMEWORK_PAGES)) {
    const ofPage = blocks.filter(({ file }) => file === page);
    const [shown] = ofPage.filter(({ path }) => path === 'agent/support.ts');
    expect(shown?.text).toBe(await readFile(join(directory, template, 'agent/support.ts'), 'utf8'));
    const [, install] = ofPage.find(({ language }) => language === 'sh')?.text.split('\n') ?? [];
    expect((await agentpool(['init', '--template', template, '--force'], template)).out).toContain(
      `  ${install}\n`,
    );
    for (const [index, { text }] of ofPage.filter(({ language }) => language === 'ts').entries()) {
      files.push(`${template}-${index}.ts`);
      await write(`${template}-${index}.ts`, text);
    }
  }
  const options = { module: 'nodenext', target: 'es2023', strict: true, noEmit: true, skipLibCheck: true };
  await write('tsconfig.json', JSON.stringify({ compilerOptions: { ...options, types: ['node'] }, files }));
  await run(directory, 'npx', ['tsc', '-p', '.'], QUICKLY);
});

test('local starts agents of every framework, and says which key is missing', async () => {
  const pools = FRAMEWORKS.map((name) => ({
    name,
    handler: `./${name}/agent/support.ts`,
    pollSeconds: 1,
    tickSeconds: 1,
    agent: {
      environment: { OPENAI_BASE_URL: provider.url, OPENAI_AGENTS_DISABLE_TRACING: '1' },
      secrets: { OPENAI_API_KEY: 'prod/support:key', OTHER_KEY: 'prod/support:other' },
    },
  }));
  const plain = {
    name: 'plain',
    handler: './handler.ts',
    pollSeconds: 1,
    tickSeconds: 1,
    stopTimeoutSeconds: 5,
  };
  await write(
    'handler.ts',
    `export default async ({ payload }: { payload: { fails?: true; waits?: true } }, _context: unknown, { signal }: { signal: AbortSignal }) => {
       console.log('the handler has', JSON.stringify(payload));
       if (payload.fails) throw new Error('no such order');
       if (payload.waits) await new Promise((_, reject) => signal.addEventListener('abort', reject));
       return { result: payload };
     };`,
  );
  await write(
    'pools.config.ts',
    `import { definePools } from 'agentpool/cdk';\nexport default definePools(${JSON.stringify([...pools, { ...plain, maxAttempts: 1 }])});`,
  );
  await write('.env', 'OPENAI_API_KEY=not-a-key');
  local = spawn(process.execPath, [COMMAND, 'local', '--start-seconds', '0'], {
    cwd: directory,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'] },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  local.stderr?.on('data', (text: Buffer) => reported.push(text.toString()));
  const [printed] = (await once(local.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
  expect(printed.toString()).toMatch(/^The stack is running.*\n {2}source \.agentpool\/environment\n/);
  environment = parseEnv(await readFile(join(directory, '.agentpool/environment'), 'utf8'));
  expect(reported.join('')).toContain('ai-sdk: OPENAI_API_KEY is set in .env');
  expect(reported.join('')).toContain('ai-sdk: OTHER_KEY is missing (agent.secrets)');
});

test.each(FRAMEWORKS)(
  'an agent in %s carries a conversation, reports progress, and waits when its model is busy',
  async (pool) => {
    const ask = async (question: string) => {
      const send = [
        'send',
        pool,
        JSON.stringify({ question }),
        '--context',
        'customer-7',
        '--wait',
        '--json',
      ];
      return JSON.parse(await outputOf(...send)) as { id: string; result: { answer: string } };
    };
    expect((await ask('hello')).result).toEqual({ answer: 'answer 1' });
    // The model calls a tool first.
    expect((await ask('where is my order?')).result).toEqual({ answer: 'answer 2' });
    provider.refuse(1, 1);
    const { id, result } = await ask('thank you');
    expect(result).toEqual({ answer: 'answer 3' });
    expect(JSON.parse(await outputOf('task', id, '--json'))).toMatchObject({ attempts: 2, returned: 1 });
    expect(await outputOf('logs', id)).toMatch(
      /task started.*attempt=1\n.*postponed.*\n.*task started.*attempt=2/s,
    );
  },
);

test('what runs, what failed and why is seen on the command line, and can be ended', async () => {
  const failed = await agentpool(['send', 'plain', '{"fails":true}', '--wait']);
  expect(failed).toMatchObject({ code: 1, err: expect.stringContaining('failed: Error: no such order') });
  expect(await outputOf('dead', 'list', 'plain')).toContain('no such order');
  expect(await outputOf('dead', 'show', 'plain')).toContain('"fails": true');
  expect(await outputOf('tasks', '--status', 'failed')).toContain('no such order');

  const id = await outputOf('send', 'plain', '{"waits":true}');
  await vi.waitFor(async () => expect(await outputOf('task', id)).toContain('running'), {
    timeout: 20_000,
    interval: 500,
  });
  expect(await outputOf('agents', 'plain')).toContain('busy');
  expect(await outputOf('logs', id)).toContain('the handler has {"waits":true}');
  expect(await outputOf('cancel', id)).toContain('is cancelled');
  expect(await outputOf('task', id)).toContain('cancelled by');
  expect(await outputOf('explain', 'plain')).toMatch(/^plain at .*\n {2}decided /);
  expect(await outputOf('status')).toMatch(/^pool +visible +in flight/);
});

test('a handler that cannot be loaded is said to, by check, by local and by send', async () => {
  await write(
    'broken.ts',
    "import 'a-package-that-nobody-has';\nexport default async () => ({ result: 1 });",
  );
  await write(
    'broken.config.ts',
    "export default [{ name: 'broken', handler: './broken.ts', pollSeconds: 1 }];",
  );
  const said = 'Cannot find package';
  expect(await agentpool(['check', 'broken.config.ts', '--offline'])).toMatchObject({
    code: 1,
    out: expect.stringContaining(said),
  });
  await write('syntax.config.ts', 'export default [{ name: ');
  expect(await agentpool(['check', 'syntax.config.ts', '--offline'])).toMatchObject({
    code: 1,
    err: expect.stringMatching(/syntax\.config\.ts:1: SyntaxError/),
  });
});

test('once the local stack has ended, commands say so', async () => {
  await endLocal();
  expect(await agentpool(['status'])).toMatchObject({
    code: 4,
    err: expect.stringContaining('the local stack that this terminal points at has ended'),
  });
});
