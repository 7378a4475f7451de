import { readFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { createShutdown, endOfUploads, type Log } from '../../../agent/agent.ts';
import { agentLimits } from '../../../agent/limits/agent-limits.ts';
import { processLoad } from '../../../agent/process-load.ts';
import { runAgent } from '../../../agent/worker.ts';
import { systemClock } from '../../../shared/aws/clock.ts';
import { openForAgent } from '../../../shared/aws/open-pool.ts';
import { parseStackOutputs } from '../../../shared/aws/stack-outputs.ts';
import { parsePools } from '../../../shared/core/pool/config.ts';

/** An agent of `npm run bench:slots` in a process of its own. Sends what it measured over IPC. */
export type Measured = {
  readonly tasksPerSecond: number;
  /** The most tasks in the handler at once. */
  readonly mostAtOnce: number;
  /** The most memory that it occupied, in bytes. */
  readonly rssBytes: number;
  /** Processor time of a task, in milliseconds. */
  readonly cpuMsPerTask: number;
};

/** How long the handler waits, as for a model. */
export const TASK_MS = 100;

const [, , outputsFile = '', pool = '', concurrency = '', count = ''] = process.argv;
const { tableName, bucketName, pools } = parseStackOutputs(
  (JSON.parse(await readFile(outputsFile, 'utf8')) as { Agentpool: Record<string, string> }).Agentpool,
);
const deployed = pools.find(({ name }) => name === pool);
const [config] = parsePools([
  { name: pool, handler: './none.ts', ordering: 'none', pollSeconds: 1, concurrency: Number(concurrency) },
]);
if (!deployed || !config) throw new Error(`the stack has no pool ${pool}`);

const shutdown = createShutdown();
const uploads = endOfUploads(shutdown, { clock: systemClock, ...config });
const log: Log = { info: () => {}, warn: (message, details) => console.error(message, details) };
const cache = { get: async () => undefined, set: async () => {} };
const opened = openForAgent(config, { tableName, bucketName, ...deployed }, { cache, uploads });
let [begun, atOnce, mostAtOnce, ended, rssBytes] = [0, 0, 0, 0, 0];
let cpu = process.cpuUsage();

const measured = runAgent({
  config,
  identity: { id: '0'.repeat(32), revision: 'agents:1', launchedAtMs: Date.now() },
  shutdown,
  loadHandler: async () => async () => {
    if (begun === 0) {
      begun = performance.now();
      cpu = process.cpuUsage();
    }
    atOnce += 1;
    mostAtOnce = Math.max(mostAtOnce, atOnce);
    await setTimeout(TASK_MS);
    atOnce -= 1;
    return { result: null };
  },
  ports: {
    ...opened,
    limits: agentLimits([], { store: opened.limitStore, clock: systemClock, log }),
    delegates: () => undefined,
    protection: { protect: async () => true, release: async () => {} },
    load: processLoad(),
    log,
    telemetry: {
      started: () => {},
      attempted() {
        rssBytes = Math.max(rssBytes, process.memoryUsage.rss());
        ended += 1;
        if (ended === Number(count)) report();
      },
    },
  },
});

function report(): void {
  const { user, system } = process.cpuUsage(cpu);
  const result: Measured = {
    tasksPerSecond: (1000 * ended) / (performance.now() - begun),
    mostAtOnce,
    rssBytes,
    cpuMsPerTask: (user + system) / 1000 / ended,
  };
  process.send?.(result);
  shutdown.request('SIGTERM');
}

await measured;
// As the agent's entry point does: an end of uploads that's scheduled would keep the process.
process.exit(0);
