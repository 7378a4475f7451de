import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CONFIG_FILE } from '../../shared/project/config-file.ts';
import { command } from '../command.ts';
import { readConfig } from '../config-file.ts';
import { ENV_FILE_OPTION, localVariables } from '../local-variables.ts';
import type { reloadOnChange } from '../reload.ts';
import { warn } from '../warn.ts';
import { watchLocal } from '../watch-local.ts';

/** Loaded only when it's needed: what it needs is an optional package. */
async function startReloading(reload: Parameters<typeof reloadOnChange>[0]) {
  const { reloadOnChange } = await import('../reload.ts');
  return reloadOnChange(reload);
}

export const local = command({
  command: 'local [file]',
  describe: 'run the whole stack on this machine until you press Ctrl-C',
  examples: [
    ['local', `run the pools in ${CONFIG_FILE}; send tasks from another terminal`],
    ['local --watch', 'the same, and replace the agents when you change their code'],
  ],
  positionals: ['file'],
  options: {
    file: { type: 'string', default: CONFIG_FILE, describe: 'configuration file' },
    env: ENV_FILE_OPTION,
    watch: {
      type: 'boolean',
      default: false,
      describe: 'replace the agents when the code of the project changes',
    },
    'start-seconds': {
      type: 'number',
      default: 2,
      describe: 'seconds until the process of a requested agent starts',
    },
  },
  async run({ file, 'start-seconds': startSeconds, env: envFile, watch, json }) {
    // The emulators are optional packages.
    const { startLocalStack } = await import('../../local/stack.ts');
    const { inputs, pools } = await readConfig(file);
    const variables = await localVariables(pools, envFile);
    const logDirectory = await mkdtemp(join(tmpdir(), 'agentpool-local-'));
    console.error('starting local SQS, S3, DynamoDB and ECS, and deploying the stack …');
    const stack = await startLocalStack({
      pools: inputs,
      variables,
      startDelayMs: 1000 * startSeconds,
      logDirectory,
      scheduled: true,
      onError: (error) => console.error(`function failed: ${error.message}`),
    });
    const value = {
      environment: stack.environmentFile,
      logs: logDirectory,
      pools: stack.outputs.pools.map(({ name }) => name),
    };
    console.log(
      json
        ? JSON.stringify(value)
        : `The stack is running. In another terminal, run:\n  source ${value.environment}\n  npx agentpool status --watch\nLogs are in ${logDirectory}. Press Ctrl-C to stop everything.`,
    );
    const done = new AbortController();
    const watching = watchLocal(stack, warn, done.signal);
    const stopReloading = watch
      ? await startReloading({ stack, pools, configFile: file, say: warn })
      : () => {};
    await new Promise<void>((resolve) => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
    });
    await stopReloading();
    done.abort();
    await watching;
    await stack.close();
    return undefined;
  },
});
