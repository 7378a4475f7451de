import { relative } from 'node:path';
import { CONFIG_FILE } from '../../shared/project/config-file.ts';
import { command } from '../command.ts';
import { readConfig } from '../config-file.ts';
import { interrupted } from '../interrupted.ts';
import { LOCAL_OPTIONS } from '../local-options.ts';
import { warn } from '../print.ts';
import type { reloadOnChange } from '../reload.ts';

export const local = command({
  examples: [
    ['local', `run the pools in ${CONFIG_FILE}; send tasks from another terminal`],
    ['local --watch', 'the same, and deploy what you change: the configuration, or the code of your agents'],
    ['local --keep', 'keep tasks and contexts for the next start'],
  ],
  positionals: ['file'],
  options: {
    file: { type: 'string', default: CONFIG_FILE, describe: 'configuration file' },
    ...LOCAL_OPTIONS,
    watch: {
      type: 'boolean',
      default: false,
      describe: 'deploy changes of the configuration, and replace the agents when the code changes',
    },
    'start-seconds': {
      type: 'number',
      default: 2,
      describe: 'seconds until the process of a requested agent starts',
    },
  },
  async run({ file, 'start-seconds': startSeconds, watch, json, ...options }) {
    // The emulators are optional packages.
    const [{ startLocal }, { watchLocal }] = await Promise.all([
      import('../start-local.ts'),
      import('../watch-local.ts'),
    ]);
    const project = await readConfig(file);
    const started = await startLocal({ project, startDelayMs: 1000 * startSeconds, ...options });
    const { stack, end } = started;
    const value = {
      environment: stack.environmentFile,
      logs: stack.logDirectory,
      pools: stack.outputs.pools.map(({ name }) => name),
    };
    console.log(json ? JSON.stringify(value) : welcome(value));
    const watching = watchLocal(stack, warn);
    const stopReloading = watch
      ? await startReloading({ ...started, project, configFile: file, say: warn, updated: watching.again })
      : () => {};
    await interrupted();
    await stopReloading();
    await watching.end();
    await end();
    return undefined;
  },
});

function welcome({ environment, pools: [pool] }: { environment: string; pools: readonly string[] }): string {
  const lines = [
    'The stack is running. In another terminal, run:',
    `  source ${relative(process.cwd(), environment)}`,
    `  npx agentpool send ${pool} '{"question":"…"}' --wait`,
    '  npx agentpool status --watch',
    '  npx agentpool logs --follow',
    'Press Ctrl-C to stop everything.',
  ];
  return lines.join('\n');
}

/** Loaded only when it's needed: what it needs is an optional package. */
async function startReloading(reload: Parameters<typeof reloadOnChange>[0]) {
  const { reloadOnChange } = await import('../reload.ts');
  return reloadOnChange(reload);
}
