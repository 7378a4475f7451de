import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';

export type Project = {
  readonly directory: string;
  /** The files that `npm pack` put in the package. */
  readonly packed: readonly string[];
  /** Runs a command in the project, by default without AWS settings. @throws Error with its output. */
  run(command: string, args: readonly string[], environment?: NodeJS.ProcessEnv): Promise<string>;
  remove(): Promise<void>;
};

/** Packs this project and sets up another one with the guide's `commands`, one after another. */
export async function setUpProject(commands: readonly string[]): Promise<Project> {
  const directory = await mkdtemp(join(tmpdir(), 'agentpool-package-'));
  const pack = ['pack', '--json', '--pack-destination', directory];
  const listed = JSON.parse(await run(process.cwd(), 'npm', pack)) as object;
  // Before version 11, npm printed an array of packages; since then, an object with their names as keys.
  const [{ files }] = Object.values(listed) as [{ files: { path: string }[] }];
  const { devDependencies } = JSON.parse(await readFile('package.json', 'utf8')) as {
    devDependencies: Readonly<Record<string, string>>;
  };
  for (const command of commands) {
    // Installs the versions that this project is tested with.
    const words = command
      .split(' ')
      .map((word) => (devDependencies[word] ? `${word}@${devDependencies[word]}` : word));
    await run(directory, 'sh', ['-c', words.join(' ')], QUICKLY);
  }
  return {
    directory,
    packed: files.map(({ path }) => path),
    run: (command, args, environment) => run(directory, command, args, environment),
    remove: () => rm(directory, { recursive: true }),
  };
}

const QUICKLY = { npm_config_audit: 'false', npm_config_fund: 'false', npm_config_prefer_offline: 'true' };

/** What npm needs of this machine (its certificates, for one), and nothing of AWS, of this project or of its tests. */
const surroundings = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) => !/^(AWS|AGENTPOOL|NODE_ENV|NODE_OPTIONS|npm|VITEST)/.test(name),
  ),
);
const PATH = `${dirname(process.execPath)}${delimiter}${process.env['PATH']}`;

async function run(
  directory: string,
  command: string,
  args: readonly string[],
  environment: NodeJS.ProcessEnv = {},
): Promise<string> {
  try {
    const env = { ...surroundings, PATH, ...environment };
    return (await promisify(execFile)(command, args, { cwd: directory, env, maxBuffer: 2 ** 26 })).stdout;
  } catch (error) {
    const { stdout = '', stderr = '', message } = error as Error & { stdout?: string; stderr?: string };
    throw new Error(`${message}\n${stdout}\n${stderr}`, { cause: error });
  }
}
