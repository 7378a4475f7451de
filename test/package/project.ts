import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { inject } from 'vitest';
import { QUICKLY, run } from './run.ts';

export type Project = {
  readonly directory: string;
  /** The files that `npm pack` put in the package. */
  readonly packed: readonly string[];
  /** Runs a command in the project, by default without AWS settings. @throws Error with its output. */
  run(command: string, args: readonly string[], environment?: NodeJS.ProcessEnv): Promise<string>;
  remove(): Promise<void>;
};

/** Sets up a project that has this one's package, beside it, and runs the guide's `commands` in it, one after another. */
export async function setUpProject(commands: readonly string[]): Promise<Project> {
  const directory = await mkdtemp(join(tmpdir(), 'agentpool-package-'));
  const { whole, files } = inject('packed');
  await cp(whole, join(directory, basename(whole)));
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
    packed: files,
    run: (command, args, environment) => run(directory, command, args, environment),
    remove: () => rm(directory, { recursive: true }),
  };
}
