import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Endpoint, LocalStack, LocalStackOptions } from './stack.ts';
import { isRunning } from './temporary-folder.ts';

/** Where a local stack keeps its files, and the ports that it had before. */
export type StackFolder = Required<Pick<LocalStackOptions, 'logDirectory' | 'filesDirectory' | 'ports'>> & {
  readonly dataDirectory: string | undefined;
  /** Writes down the ports, for the next stack here. */
  remember(stack: Pick<LocalStack, 'endpoints'>): Promise<void>;
  /** Lets another stack start here. */
  release(): Promise<void>;
};

/**
 * Takes a folder for one local stack, and removes what an earlier one left there: its logs, and without `keep` its data.
 * @throws Error while another stack runs there.
 */
export async function openFolder(path: string, { keep }: { readonly keep: boolean }): Promise<StackFolder> {
  // A name that images and watchers leave out, wherever it is.
  const directory = resolve(path, '.agentpool');
  const [logDirectory, data] = [join(directory, 'logs'), join(directory, 'data')];
  const [owner, portsFile] = [join(directory, 'process'), join(directory, 'ports.json')];
  await mkdir(directory, { recursive: true });
  await take(owner, directory);
  await writeFile(join(directory, '.gitignore'), '*\n');
  await rm(logDirectory, { recursive: true, force: true });
  if (!keep) await rm(data, { recursive: true, force: true });
  return {
    logDirectory,
    filesDirectory: directory,
    dataDirectory: keep ? data : undefined,
    ports: await readPorts(portsFile),
    async remember({ endpoints }) {
      const ports = Object.entries(endpoints).map(([service, url]) => [service, Number(new URL(url).port)]);
      await writeFile(
        portsFile,
        JSON.stringify(Object.fromEntries(ports) satisfies Partial<Record<Endpoint, number>>),
      );
    },
    release: () => rm(owner, { force: true }),
  };
}

/** Without them, or with half of them, the stack gets any. */
async function readPorts(file: string): Promise<StackFolder['ports']> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as StackFolder['ports'];
  } catch {
    return {};
  }
}

/** Writes this process's ID into a file, unless it names another one that runs. */
async function take(owner: string, directory: string): Promise<void> {
  try {
    await writeFile(owner, String(process.pid), { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const other = Number(await readFile(owner, 'utf8').catch(() => ''));
    // In a container, processes have the same IDs after every start.
    if (other !== process.pid && isRunning(other)) {
      throw new Error(
        `a local stack is already running in ${directory} (process ${other}): stop it, or choose another folder with --directory. If process ${other} is something else, delete ${owner}`,
      );
    }
    await rm(owner, { force: true });
    await take(owner, directory);
  }
}
