import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startLocalStack } from '../../local/stack.ts';
import { CONFIG_FILE } from '../../shared/project/config-file.ts';
import { command } from '../command.ts';
import { readConfig } from '../config-file.ts';

export const local = command({
  command: 'local [file]',
  describe: 'run the whole stack on this machine, until Ctrl-C',
  examples: [['local', `the pools of ${CONFIG_FILE}; send to them from another terminal`]],
  positionals: ['file'],
  options: {
    file: { type: 'string', default: CONFIG_FILE, describe: 'the configuration' },
    'start-seconds': {
      type: 'number',
      default: 2,
      describe: 'time from asking for an agent to the start of its process',
    },
  },
  async run({ file, 'start-seconds': startSeconds, json }) {
    const { inputs } = await readConfig(file);
    const logDirectory = await mkdtemp(join(tmpdir(), 'agentpool-local-'));
    console.error('starting SQS, S3, DynamoDB and ECS on this machine, and deploying the stack into them …');
    const stack = await startLocalStack({
      pools: inputs,
      startDelayMs: 1000 * startSeconds,
      logDirectory,
      scheduled: true,
      onError: (error) => console.error(`a function failed: ${error.message}`),
    });
    const value = {
      environment: stack.environmentFile,
      logs: logDirectory,
      pools: stack.outputs.pools.map(({ name }) => name),
    };
    console.log(
      json
        ? JSON.stringify(value)
        : `it runs: in another terminal\n  source ${value.environment}\n  npx agentpool status --watch\nlogs in ${logDirectory}; Ctrl-C ends everything`,
    );
    await new Promise<void>((resolve) => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
    });
    await stack.close();
    return undefined;
  },
});
