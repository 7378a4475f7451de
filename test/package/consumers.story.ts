// Covers: package/build-light.ts, package/tasks.ts, package/agent.ts, package/cdk.ts, package/langgraph.ts, shared/aws/open-for-sending.ts
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { QUICKLY, run } from './run.ts';

/** The packages as others use them: on other versions of Node, from CommonJS, and in an app as `cdk init` writes it. */
let directory: string;
const { whole, light } = inject('packed');
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'agentpool-consumers-'));
});
afterAll(() => rm(directory, { recursive: true }));

/** The directory with the binary of a version of Node, which npm keeps in its cache. */
async function nodeOf(major: string): Promise<string> {
  const args = ['--yes', `--package=node@${major}`, '--', 'node', '-p', 'process.execPath'];
  return dirname((await run(directory, 'npx', args, QUICKLY)).trim());
}
async function evaluate(folder: string, binaries: string, form: 'commonjs' | 'module', code: string) {
  const args = ['--disable-warning=ExperimentalWarning', `--input-type=${form}`, '-e', code];
  return (await run(folder, join(binaries, 'node'), args)).trim();
}

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

const TEST_RUNNER = ['jest', '@swc/core', '@swc/jest'];

describe('in an app as cdk init writes it, which is CommonJS', () => {
  let app: string;
  beforeAll(async () => {
    app = join(directory, 'app');
    await mkdir(app);
    const cdk = join(process.cwd(), 'node_modules', '.bin', 'cdk');
    await run(app, cdk, ['init', 'app', '--language', 'typescript', '--generate-only'], QUICKLY);
    // Its test runner is half of what it installs.
    await run(app, 'npm', ['pkg', 'delete', ...TEST_RUNNER.map((name) => `devDependencies[${name}]`)]);
    await run(app, 'npm', ['install', whole, light], QUICKLY);
    await mkdir(join(app, 'agent'));
    await writeFile(
      join(app, 'agent', 'support.ts'),
      `import type { AgentHandler } from 'agentpool/agent';
       const support: AgentHandler = async ({ payload }) => ({ result: payload });
       export default support;`,
    );
    await writeFile(
      join(app, 'lib', 'app-stack.ts'),
      `import * as cdk from 'aws-cdk-lib/core';
       import { AgentPlatform, AgentPool } from 'agentpool/cdk';
       import { Construct } from 'constructs';
       export class AppStack extends cdk.Stack {
         constructor(scope: Construct, id: string, props?: cdk.StackProps) {
           super(scope, id, props);
           const platform = new AgentPlatform(this, 'Agents');
           new AgentPool(this, 'Support', { platform, pool: { name: 'support', handler: './agent/support.ts' } });
         }
       }`,
    );
  });

  test.each(['20', '22', '24'])('on Node %s, every entry point that says so can be loaded', async (major) => {
    const node = await nodeOf(major);
    const names = ['agentpool-tasks', 'agentpool/tasks', 'agentpool/agent', 'agentpool/cdk'];
    const required = names.map((name) => `Object.keys(require('${name}')).sort()[0]`);
    const imported = names.map((name) => `Object.keys(await import('${name}')).sort()[0]`);
    const expected = 'SendError SendError RetryLater AgentPlatform';
    for (const [form, values] of [
      ['commonjs', required],
      ['module', imported],
    ] as const) {
      const code = `console.log(process.versions.node.split('.')[0], ${values.join(', ')})`;
      expect(await evaluate(app, node, form, code)).toBe(`${major} ${expected}`);
    }
  });

  test('on Node 20, the oldest, the constructs synthesize', async () => {
    const PATH = `${await nodeOf('20')}${delimiter}${process.env['PATH']}`;
    await run(app, 'npx', ['cdk', 'synth', '--quiet'], { PATH });
    const template = JSON.parse(await readFile(join(app, 'cdk.out', 'AppStack.template.json'), 'utf8')) as {
      Outputs: object;
    };
    expect(Object.keys(template.Outputs)).toContainEqual(expect.stringMatching(/^SupportAgentpoolPool/));
  });
});
