import { basename, dirname, relative, resolve, sep } from 'node:path';
import { watch } from 'chokidar';
import type { LocalStack } from '../local/stack.ts';
import { openPool } from '../shared/aws/open-pool.ts';
import type { PoolConfig } from '../shared/core/pool/config.ts';
import { checkHandlers } from './checks/handlers.ts';

/** Editors write a file in several steps, and a version control system writes many files. */
const SETTLED_MS = 300;
const CODE = /\.(m|c)?[jt]sx?$|\.json$/;
const FOREIGN = ['node_modules', 'cdk.out', 'dist', 'coverage'];

type Reload = {
  readonly stack: LocalStack;
  readonly pools: readonly PoolConfig[];
  readonly configFile: string;
  readonly say: (line: string) => void;
};

/**
 * Watches the code of the project and of its handlers. When it changes and every handler can still be loaded, the agents of all pools are replaced as
 * in a deployment: each after its current task. Returns what stops watching.
 */
export async function reloadOnChange({
  stack,
  pools,
  configFile,
  say,
}: Reload): Promise<() => Promise<void>> {
  const root = process.cwd();
  const changed = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let reloading = Promise.resolve();
  const folders = [root, ...pools.map(({ handler }) => dirname(resolve(handler)))];
  const watcher = watch(folders, {
    ignoreInitial: true,
    ignored: (path, stats) =>
      isForeign(relative(root, path)) || (stats?.isFile() === true && !CODE.test(path)),
  });
  watcher.on('all', (_event, path) => {
    changed.add(path);
    clearTimeout(timer);
    timer = setTimeout(() => {
      const files = [...changed].map((each) => relative(root, each));
      changed.clear();
      reloading = reloading.then(() => reload(files)).catch((error: Error) => say(error.message));
    }, SETTLED_MS);
  });
  await new Promise<void>((ready) => watcher.once('ready', () => ready()));

  async function reload(files: readonly string[]): Promise<void> {
    if (files.some((file) => resolve(file) === resolve(configFile))) {
      say(`${basename(configFile)} has changed: start agentpool local again to use it`);
      return;
    }
    const [first = '', ...others] = files;
    const what = others.length === 0 ? first : `${first} and ${others.length} more`;
    const { verdict, text } = await checkHandlers(pools);
    if (verdict === 'bad') {
      say(`${what} changed, and the agents stay as they are: ${text}`);
      return;
    }
    await Promise.all(stack.outputs.pools.map(({ name }) => openPool(stack.outputs, name).fleet.deploy()));
    say(`${what} changed: replacing all agents, each after its current task`);
  }

  return async () => {
    clearTimeout(timer);
    await watcher.close();
    await reloading;
  };
}

function isForeign(path: string): boolean {
  return path.split(sep).some((part) => FOREIGN.includes(part) || /^\.[^.]/.test(part));
}
