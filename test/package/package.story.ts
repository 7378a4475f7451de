// Covers: package/build.ts, package/cdk.ts, package/tasks.ts, package/agent.ts, agent/langgraph/aws-checkpointer.ts
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { parseEnv } from 'node:util';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { parseStackOutputs } from '../../shared/aws/stack-outputs.ts';
import { blocks, PACKAGE_PAGE } from '../docs.ts';
import { evaluate, nodeOf } from './nodes.ts';
import { type Project, setUpProject } from './project.ts';
import { QUICKLY } from './run.ts';

const COMMAND = 'node_modules/agentpool/cli/agentpool.mjs';

/** The project of the guide, from its first line to its last: these tests run what the page says. */
let project: Project;
const written = blocks.filter(({ file }) => file === PACKAGE_PAGE);
beforeAll(async () => {
  const commands = written.flatMap(({ language, text }) =>
    language === 'sh' ? text.trim().split('\n') : [],
  );
  // The last one never ends: `a stack on this machine` tests it.
  expect(commands.at(-1)).toBe('npx agentpool local');
  project = await setUpProject(commands.slice(0, -1));
  for (const { language, path, text } of written) if (language === 'ts') await write(path, text);
  await write('.env', 'SECRET=1');
  await write('.agentpool/data/fauxqs.db', 'conversations');
});
afterAll(() => project.remove());

const read = (path: string) => readFile(join(project.directory, path), 'utf8');
async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(project.directory, path)), { recursive: true });
  await writeFile(join(project.directory, path), text);
}

/** Starts the command; it runs until {@link stop}. */
function start(...args: string[]): ChildProcess {
  return spawn(process.execPath, [COMMAND, ...args], {
    cwd: project.directory,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}
async function firstOutput({ stdout }: ChildProcess): Promise<string> {
  const [output] = (await once(stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
  return output.toString();
}
async function stop(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}

describe('the package', () => {
  test('the package has JavaScript with types, but no tests, no demo and no path of this machine', async () => {
    expect(project.packed).toContain('dist/package/cdk.d.ts');
    expect(project.packed).toContain('LICENSE');
    const sources = project.packed.filter((path) => /^test|\.test\.|demo|(?<!\.d)\.ts$/.test(path));
    // The console's page is bundled when it's served, and templates are for the user's project.
    expect(sources.filter((path) => !/^dist\/(console\/page|templates)\//.test(path))).toEqual([]);
    for (const path of project.packed.filter((name) => /\.(js|ts|json|mjs)$/.test(name)))
      expect(await read(`node_modules/agentpool/${path}`), path).not.toContain(process.cwd());
  });

  test('the package imports nothing that is not installed with it', async () => {
    const manifest = JSON.parse(await read('node_modules/agentpool/package.json')) as Record<string, object>;
    const declared = ['dependencies', 'optionalDependencies', 'peerDependencies'].flatMap((kind) =>
      Object.keys(manifest[kind] ?? {}),
    );
    const imported = new Set<string>();
    for (const path of project.packed.filter((name) => /\.(js|mjs|tsx)$/.test(name))) {
      const text = await read(`node_modules/agentpool/${path}`);
      for (const [, name = ''] of text.matchAll(
        /^(?:import|export)[^'"]*? from '((?:@[^/']+\/)?[\w-][^/']*)/gm,
      ))
        if (!builtinModules.includes(name) && !name.startsWith('node:')) imported.add(name);
    }
    expect(imported.size).toBeGreaterThan(20);
    expect([...imported].filter((name) => !declared.includes(name))).toEqual([]);
  });
});

test('the three entry points of the package have types that compile in a strict project', async () => {
  const options = { module: 'nodenext', target: 'es2023', strict: true, noEmit: true, types: ['node'] };
  const compilerOptions = { ...options, skipLibCheck: false, erasableSyntaxOnly: true };
  await write('tsconfig.json', JSON.stringify({ compilerOptions }));
  await project.run('npx', ['tsc', '-p', '.']);
  // Without types, this would compile.
  await write('wrong.ts', "import { awsTaskClient } from 'agentpool/tasks';\nawsTaskClient({ pool: 1 });\n");
  await expect(project.run('npx', ['tsc', '-p', '.'])).rejects.toThrow('wrong.ts');
  await write('wrong.ts', '');
});

test('the app that `agentpool init` writes synthesizes with cdk', async () => {
  await project.run('npx', ['cdk', 'synth', '--quiet']);
  const template = JSON.parse(await read('cdk.out/Agentpool.template.json')) as { Outputs: object };
  expect(Object.keys(template.Outputs)).toContainEqual(expect.stringMatching(/^PoolsupportAgentpoolPool/));
});

type Template = {
  readonly Resources: Record<string, { Type: string; Properties: Record<string, unknown> }>;
  readonly Outputs: Record<string, unknown>;
};

describe('an app with the constructs', () => {
  let output: string;
  let template: Template;
  beforeAll(async () => {
    output = join(project.directory, 'synthesized');
    await project.run('node', ['app.ts'], { CDK_OUTDIR: output });
    template = JSON.parse(await readFile(join(output, 'Mine.template.json'), 'utf8')) as Template;
  });
  const propertiesOf = (type: string) =>
    Object.values(template.Resources).flatMap(({ Type, Properties }) => (Type === type ? [Properties] : []));

  test('an app with the constructs synthesizes, with bundles of its functions', async () => {
    expect(propertiesOf('AWS::ECS::Service')).toHaveLength(1);
    expect(Object.keys(template.Outputs)).toEqual([
      expect.stringMatching(/^AgentsAgentpoolPlatform/),
      expect.stringMatching(/^SupportAgentpoolPool/),
    ]);
    const files = await readdir(output, { recursive: true });
    expect(files.filter((path) => path.endsWith('/index.mjs'))).toHaveLength(3);
  });

  test("an app's agent image holds the project's own files, and an agent starts from it", async () => {
    const files = await readdir(output, { recursive: true });
    const [image = ''] = files
      .filter((path) => path.endsWith('/agent/support.ts'))
      .map((path) => dirname(dirname(path)));
    const context = join(output, image);
    expect((await readdir(context)).sort()).toEqual(
      [
        '.gitignore',
        'agent',
        'agentpool-0.1.0.tgz',
        'app.ts',
        'cdk.json',
        'node_modules',
        'package-lock.json',
        'package.json',
      ].concat(['pools.config.ts', 'send.ts', 'tsconfig.json', 'wrong.ts']),
    );
    expect(files.filter((path) => path.startsWith(`${image}/node_modules/`)).at(-1)).toBe(
      `${image}/node_modules/agentpool/dist/agent/Dockerfile`,
    );
    const dockerfile = await readFile(join(context, 'node_modules/agentpool/dist/agent/Dockerfile'), 'utf8');
    const [, install = ''] = /^RUN (npm ci [^&]*)/m.exec(dockerfile) ?? [];
    await project.run('sh', ['-c', `cd '${context}' && ${install}`]);
    const [
      {
        ContainerDefinitions: [container],
      },
    ] = propertiesOf('AWS::ECS::TaskDefinition') as [{ ContainerDefinitions: [{ Command: string[] }] }];
    const started = project.run('sh', ['-c', `cd '${context}' && ${container.Command.join(' ')}`]);
    await expect(started).rejects.toThrow('agentpool agent: missing in the environment: AGENTPOOL_POOL');
    await project.run('sh', ['-c', `cd '${context}' && node agent/graph.ts`]);
    expect(await readdir(join(context, 'node_modules'))).not.toContain('aws-cdk-lib');
  });
});

describe('in an app as cdk init writes it, which is CommonJS', () => {
  let app: string;
  beforeAll(async () => {
    app = join(project.directory, 'generated');
    await mkdir(app);
    await project.run('npm', ['install', inject('packed').light, 'tsx@4'], QUICKLY);
    const init = 'cd generated && npx cdk init app --language typescript --generate-only';
    await project.run('sh', ['-c', init], QUICKLY);
    // What it needs is installed above it, without its test runner.
    const { compilerOptions } = JSON.parse(await read('generated/tsconfig.json')) as {
      compilerOptions: Record<string, unknown>;
    };
    const { typeRoots: _, ...others } = compilerOptions;
    await write(
      'generated/tsconfig.json',
      JSON.stringify({ compilerOptions: { ...others, types: ['node'] }, include: ['bin', 'lib'] }),
    );
    await write(
      'generated/lib/generated-stack.ts',
      `import * as cdk from 'aws-cdk-lib/core';
       import { AgentPlatform, AgentPool } from 'agentpool/cdk';
       import { Construct } from 'constructs';
       export class GeneratedStack extends cdk.Stack {
         constructor(scope: Construct, id: string, props?: cdk.StackProps) {
           super(scope, id, props);
           const platform = new AgentPlatform(this, 'Agents');
           new AgentPool(this, 'Support', { platform, pool: { name: 'support', handler: './agent/support.ts' } });
         }
       }`,
    );
  });

  test('such an app compiles, and synthesizes on Node 20, the oldest', async () => {
    await project.run('npx', ['tsc', '-p', 'generated']);
    const PATH = `${await nodeOf('20')}${delimiter}${process.env['PATH']}`;
    const CDK_OUTDIR = join(app, 'synthesized');
    await project.run('npx', ['tsx', 'generated/bin/generated.ts'], { PATH, CDK_OUTDIR });
    const written = await readFile(join(CDK_OUTDIR, 'GeneratedStack.template.json'), 'utf8');
    const { Outputs } = JSON.parse(written) as Template;
    expect(Object.keys(Outputs)).toContainEqual(expect.stringMatching(/^SupportAgentpoolPool/));
  });

  test.each(['20', '22', '24'])('on Node %s, every entry point that says so can be loaded', async (major) => {
    const node = await nodeOf(major);
    const names = ['agentpool-tasks', 'agentpool/tasks', 'agentpool/agent', 'agentpool/cdk'];
    for (const [form, load] of [
      ['commonjs', (name: string) => `require('${name}')`],
      ['module', (name: string) => `await import('${name}')`],
    ] as const) {
      const first = names.map((name) => `Object.keys(${load(name)}).sort()[0]`).join(', ');
      const code = `console.log(process.versions.node.split('.')[0], ${first})`;
      const expected = `${major} SendError SendError RetryLater AgentPlatform`;
      expect(await evaluate(app, node, { form, code })).toBe(expected);
    }
  });
});

describe('a stack on this machine', () => {
  let local: ChildProcess;
  let environment: NodeJS.ProcessEnv;
  beforeAll(async () => {
    const pools = ['support', 'graph'].map((name) => ({
      name,
      handler: `./agent/${name}.ts`,
      pollSeconds: 1,
    }));
    await write(
      'two.config.ts',
      `import { definePools } from 'agentpool/cdk';\nexport default definePools(${JSON.stringify(pools)});`,
    );
    local = start('local', 'two.config.ts', '--json');
    const { environment: file } = JSON.parse(await firstOutput(local)) as { environment: string };
    // As `source` does.
    environment = parseEnv(await readFile(file, 'utf8'));
  });
  afterAll(() => stop(local));

  test('a client sends tasks to a local stack, which keeps the checkpoints of a conversation', async () => {
    const outputs = JSON.parse(await readFile(environment['AGENTPOOL_OUTPUTS'] ?? '', 'utf8')) as {
      Agentpool: Record<string, string>;
    };
    const { tableName, bucketName } = parseStackOutputs(outputs.Agentpool);
    const SUPPORT = await project.run('npx', ['agentpool', 'address', 'support'], environment);
    const said = await project.run('node', ['send.ts'], { ...environment, SUPPORT });
    expect(said).toContain("status: 'done'");

    await write(
      'read-checkpoint.ts',
      `import { awsCheckpointer } from 'agentpool/langgraph';
       const saver = awsCheckpointer(JSON.parse(process.env.GRAPH ?? ''));
       const tuple = await saver.getTuple({ configurable: { thread_id: 'customer-7' } });
       const ids = await Array.fromAsync(saver.list({}), ({ config }) => config.configurable?.thread_id);
       console.log(JSON.stringify({ messages: tuple?.checkpoint.channel_values.messages, threads: [...new Set(ids)] }));`,
    );
    const ask = { messages: [{ role: 'human', content: 'Where?' }] };
    const send = ['agentpool', 'send', 'graph', JSON.stringify(ask), '--wait', '--context', 'customer-7'];
    for (let turn = 0; turn < 2; turn += 1) await project.run('npx', send, environment);
    const GRAPH = JSON.stringify({ pool: 'graph', tableName, bucketName });
    const { messages, threads } = JSON.parse(
      await project.run('node', ['read-checkpoint.ts'], { ...environment, GRAPH }),
    ) as { messages: { kwargs: { content: string } }[]; threads: string[] };
    expect(messages.map(({ kwargs }) => kwargs.content)).toEqual([
      'Where?',
      'I know 1 messages.',
      'Where?',
      'I know 3 messages.',
    ]);
    expect(threads).toEqual(['customer-7']);
  });
});

test('the packed console serves its page, and the packed backtest has its workloads', async () => {
  const served = start('console', '--local', '--json', '--port', '0');
  try {
    const { url } = JSON.parse(await firstOutput(served)) as { url: string };
    for (const path of ['', 'main.js', 'main.css', 'api/setup'])
      expect(await fetch(`${url}${path}`)).toMatchObject({ status: 200 });
  } finally {
    await stop(served);
  }
  const backtest = [
    'agentpool',
    'backtest',
    '--policy',
    'default',
    '--trace',
    'azure-conversation',
    '--json',
  ];
  expect(Object.values(JSON.parse(await project.run('npx', backtest)) as object).length).toBeGreaterThan(0);
});

test('the packed command names the Node version that it requires', async () => {
  const old = "data:text/javascript,Object.defineProperty(process.versions, 'node', { value: '22.1.0' })";
  const asked = project.run('node', ['--import', old, COMMAND, 'init']);
  await expect(asked).rejects.toThrow('Node 24 or newer is required; this is Node 22.1.0');
});
