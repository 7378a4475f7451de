import { relative } from 'node:path';
import { CONSOLE_PORT } from '../../console/port.ts';
import type { Console } from '../../console/server.ts';
import { ownModule, projectRoot } from '../../shared/project/own-files.ts';
import { command } from '../command.ts';
import { readConfig } from '../config-file.ts';
import { LOCAL_OPTIONS } from '../local-options.ts';
import { showPage } from '../show-page.ts';
import { findStack } from '../stack.ts';

export const webConsole = command({
  examples: [
    ['console --stack Agentpool', 'show a deployed stack with your credentials, read-only'],
    ['console --local', 'run the stack on this machine, with controls (same as npm start)'],
  ],
  options: {
    local: { type: 'boolean', default: false, describe: 'run the stack on this machine' },
    config: { type: 'string', describe: 'with --local: configuration file, instead of a demo pool' },
    ...LOCAL_OPTIONS,
    port: { type: 'number', default: CONSOLE_PORT, describe: 'port of the page; 0 picks a free one' },
    open: { type: 'boolean', default: true, describe: 'open the page in the browser' },
  },
  async run({ local, config, port, open: opens, json, directory, keep, env, ...options }) {
    const opened = local
      ? await openLocal({ config, directory, keep, env }, port)
      : await openDeployed(options, port);
    const { text, value } = opened;
    await showPage({ url: opened.console.url, text, value, json, opens });
    await opened.close();
    return undefined;
  },
});

type Opened = {
  readonly console: Console;
  readonly text: string;
  /** What `--json` prints beside the URL. */
  readonly value: object;
  readonly close: () => Promise<void>;
};

async function openDeployed(options: Parameters<typeof findStack>[0], port: number): Promise<Opened> {
  const [{ deployedSource }, { startConsole }] = await Promise.all([
    import('../../console/deployed/deployed-source.ts'),
    import('../../console/server.ts'),
  ]);
  const outputs = await findStack(options);
  const page = await startConsole(deployedSource(options.stack, outputs), port);
  return {
    console: page,
    text: `Stack ${options.stack}, with your credentials:`,
    value: {},
    close: page.close,
  };
}

/** Short times, so that you can watch the pool grow and shrink. The handler runs as long as its task says. */
const DEMO_POOLS = [
  {
    name: 'demo',
    handler: relative(projectRoot, ownModule('agent/handlers/replay')),
    min: 1,
    max: 12,
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

type LocalConsole = {
  readonly config: string | undefined;
  readonly directory: string;
  readonly keep: boolean;
  readonly env: string | undefined;
};

/** Loads the emulators only now: they're optional packages. */
async function openLocal({ config, ...options }: LocalConsole, port: number): Promise<Opened> {
  const [{ localSource }, { startConsole }, { faultProxies }, { startLocal }] = await Promise.all([
    import('../../console/local/local-source.ts'),
    import('../../console/server.ts'),
    import('../../local/faults/fault-proxies.ts'),
    import('../start-local.ts'),
  ]);
  const project = config === undefined ? { inputs: DEMO_POOLS, pools: [] } : await readConfig(config);
  const proxies = faultProxies();
  const { stack, end } = await startLocal({
    ...options,
    project,
    startDelayMs: 2_000,
    through: proxies.through,
  });
  const close = async () => {
    await end();
    await proxies.close();
  };
  const source = localSource(stack, {
    proxies,
    replaying: config === undefined ? DEMO_POOLS[0].name : undefined,
    onError: (error) => console.error(`agentpool: the recorded trace: ${error.message}`),
  });
  const page = await startConsole(source, port).catch(async (error: unknown) => {
    await close();
    throw error;
  });
  return {
    console: page,
    text: `The stack is running on this machine. In another terminal, run:\n  source ${stack.environmentFile}\n  npx agentpool status --watch`,
    value: { environment: stack.environmentFile, logs: stack.logDirectory },
    async close() {
      source.close();
      await page.close();
      await close();
    },
  };
}
