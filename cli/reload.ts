import { basename, dirname, relative, resolve, sep } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { watch } from 'chokidar';
import { openPool } from '../shared/aws/open-pool.ts';
import { ConfigError } from '../shared/core/pool/config.ts';
import { checkHandlers } from './checks/handlers.ts';
import { readConfigAfresh } from './config-file.ts';
import type { Project, StartedStack } from './start-local.ts';

/** Editors write a file in several steps, and a version control system writes many files. */
const SETTLED_MS = 300;
const CODE = /\.(m|c)?[jt]sx?$|\.json$/;
const FOREIGN = ['node_modules', 'cdk.out', 'dist', 'coverage'];

type Reload = Pick<StartedStack, 'stack' | 'update'> & {
  readonly project: Project;
  readonly configFile: string;
  readonly say: (line: string) => void;
  /** Called after the stack's pools have changed. */
  readonly updated: () => void;
};

/**
 * Watches the code of the project and of its handlers. When it changes, the configuration can be read and every handler
 * loaded, the stack is updated and agents are replaced as in a deployment: each after its current task. Returns what stops
 * watching.
 */
export async function reloadOnChange({
  stack,
  update,
  project,
  configFile,
  say,
  updated,
}: Reload): Promise<() => Promise<void>> {
  const root = process.cwd();
  const changed = new Set<string>();
  let current = project;
  let timer: NodeJS.Timeout | undefined;
  let reloading = Promise.resolve();
  const watcher = watch([root, ...foldersOf(project)], {
    ignoreInitial: true,
    ignored: (path, stats) =>
      isForeign(relative(root, path)) || (stats?.isFile() === true && !CODE.test(path)),
  });
  watcher.on('all', (_event, path) => {
    // Folders come and go, too.
    if (!CODE.test(path)) return;
    changed.add(path);
    clearTimeout(timer);
    timer = setTimeout(() => {
      reloading = reloading.then(reloadChanged).catch((error: Error) => say(error.message));
    }, SETTLED_MS);
  });
  await new Promise<void>((ready) => watcher.once('ready', () => ready()));

  /** What can't be deployed yet is deployed with the next change. */
  async function reloadChanged(): Promise<void> {
    const paths = [...changed];
    if (paths.length === 0) return;
    changed.clear();
    const keep = () => {
      for (const path of paths) changed.add(path);
    };
    const isDeployed = await reload(paths.map((each) => relative(root, each))).catch((error: unknown) => {
      keep();
      throw error;
    });
    if (!isDeployed) keep();
  }

  async function reload(files: readonly string[]): Promise<boolean> {
    const [first = '', ...others] = files;
    const what = others.length === 0 ? first : `${first} and ${others.length} more`;
    const next = await readable();
    if (typeof next === 'string') {
      say(`${what} changed, and the stack stays as it is: ${next}`);
      return false;
    }
    const isCodeChanged = files.some((file) => resolve(file) !== resolve(configFile));
    if (!isDeepStrictEqual(next.inputs, current.inputs)) {
      say(`${basename(configFile)} changed: deploying it …`);
      await update(next);
      current = next;
      watcher.add([...foldersOf(next)]);
      updated();
      say('deployed: agents with other settings are replaced, each after its current task');
    }
    if (!isCodeChanged) return true;
    await Promise.all(stack.outputs.pools.map(({ name }) => openPool(stack.outputs, name).fleet.deploy()));
    say(`${what} changed: replacing all agents, each after its current task`);
    return true;
  }

  /** What the project is now, or why it can't be used. */
  async function readable(): Promise<Project | string> {
    try {
      const next = await readConfigAfresh(configFile);
      const { verdict, text } = await checkHandlers(next.pools);
      return verdict === 'bad' ? text : next;
    } catch (error) {
      if (error instanceof ConfigError) return error.message;
      throw error;
    }
  }

  return async () => {
    clearTimeout(timer);
    await watcher.close();
    await reloading;
  };
}

function foldersOf({ pools }: Project): readonly string[] {
  return pools.map(({ handler }) => dirname(resolve(handler)));
}

function isForeign(path: string): boolean {
  return path.split(sep).some((part) => FOREIGN.includes(part) || /^\.[^.]/.test(part));
}
