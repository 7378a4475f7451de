import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import open from 'open';
import { deployedSource } from '../../console/deployed/deployed-source.ts';
import { localSource } from '../../console/local/local-source.ts';
import { type Console, startConsole } from '../../console/server.ts';
import { faultProxies } from '../../local/faults/fault-proxies.ts';
import { startLocalStack } from '../../local/stack.ts';
import { ownModule, projectRoot } from '../../shared/project/own-files.ts';
import { command } from '../command.ts';
import { readConfig } from '../config-file.ts';
import { findStack } from '../stack.ts';

const PORT = 8017;

export const webConsole = command({
  command: 'console',
  describe: 'the dashboard, the agents and the decisions of a stack, in the browser',
  examples: [
    ['console --stack Agentpool', 'a deployed stack, with your credentials; it is only looked at'],
    ['console --local', 'the stack on this machine, with controls (npm start)'],
  ],
  options: {
    local: { type: 'boolean', default: false, describe: 'run the stack on this machine' },
    config: { type: 'string', describe: 'with --local: the pools, instead of one to try things on' },
    port: { type: 'number', default: PORT, describe: 'of the page; 0 takes any' },
    open: { type: 'boolean', default: true, describe: 'open the browser' },
  },
  async run({ local, config, port, open: opens, json, ...options }) {
    const opened = local ? await openLocal(config, port) : await openDeployed(options, port);
    const { url } = opened.console;
    console.log(
      json ? JSON.stringify({ url, ...opened.told }) : `${opened.text}\n\n  ${url}\n\nCtrl-C ends it.`,
    );
    if (opens && process.stdout.isTTY) await open(url);
    await new Promise<void>((resolve) => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
    });
    await opened.close();
    return undefined;
  },
});

type Opened = {
  readonly console: Console;
  readonly text: string;
  readonly told: object;
  readonly close: () => Promise<void>;
};

async function openDeployed(options: Parameters<typeof findStack>[0], port: number): Promise<Opened> {
  const outputs = await findStack(options);
  const page = await startConsole(deployedSource(options.stack, outputs), port);
  return {
    console: page,
    text: `${options.stack}, as your credentials see it:`,
    told: {},
    close: page.close,
  };
}

/** Short times, so that a pool is seen to grow and shrink; the demo's handler, which works as long as its task says. */
const TRY_IT = [
  {
    name: 'demo',
    handler: relative(projectRoot, ownModule('agent/handlers/replay')),
    min: 1,
    max: 8,
    tickSeconds: 2,
    objective: { percent: 95, withinSeconds: 10 },
    cooldownSeconds: 2,
    heartbeatSeconds: 2,
    pollSeconds: 1,
    visibilitySeconds: 10,
    stopTimeoutSeconds: 5,
    scaleInStabilizationSeconds: 20,
  },
] as const;

async function openLocal(config: string | undefined, port: number): Promise<Opened> {
  const pools = config === undefined ? TRY_IT : (await readConfig(config)).inputs;
  const logDirectory = await mkdtemp(join(tmpdir(), 'agentpool-console-'));
  console.error('starting SQS, S3, DynamoDB and ECS on this machine, and deploying the stack into them …');
  const proxies = faultProxies();
  const stack = await startLocalStack({
    pools,
    startDelayMs: 2_000,
    logDirectory,
    scheduled: true,
    through: proxies.through,
    onError: (error) => console.error(`a function failed: ${error.message}`),
  });
  const close = async () => {
    await stack.close();
    await proxies.close();
  };
  const page = await startConsole(localSource(stack, proxies), port).catch(async (error: unknown) => {
    await close();
    throw error;
  });
  return {
    console: page,
    text: `the stack runs on this machine; in another terminal\n  source ${stack.environmentFile}\n  npx agentpool status --watch`,
    told: { environment: stack.environmentFile, logs: logDirectory },
    async close() {
      await page.close();
      await close();
    },
  };
}
