import { execFile } from 'node:child_process';
import { delimiter, dirname } from 'node:path';
import { promisify } from 'node:util';

export const QUICKLY = {
  npm_config_audit: 'false',
  npm_config_fund: 'false',
  npm_config_prefer_offline: 'true',
};

/** What npm needs of this machine (its certificates, for one), and nothing of AWS, of this project or of its tests. */
const surroundings = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) => !/^(AWS|AGENTPOOL|NODE_ENV|NODE_OPTIONS|npm|VITEST)/.test(name),
  ),
);
const PATH = `${dirname(process.execPath)}${delimiter}${process.env['PATH']}`;

/** Runs a command, without AWS settings. @throws Error with its output. */
export async function run(
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
