import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger } from '@aws-lambda-powertools/logger';
import { systemClock } from '../shared/aws/clock.ts';
import { emitMetrics } from '../shared/aws/emit-metrics.ts';
import { openDelegates, openForAgent, readCreation } from '../shared/aws/open-pool.ts';
import { contextCache } from '../shared/contexts/cache.ts';
import { agentHealthCheck, secondsUntilStopped } from '../shared/core/pool/health-check.ts';
import { createShutdown, endOfUploads, type Log } from './agent.ts';
import { ecsProtection, readOwnTask } from './ecs-endpoints.ts';
import { readEnvironment } from './environment.ts';
import { loadHandler } from './handler.ts';
import { launchedAtMs } from './launch-time.ts';
import { agentLimits } from './limits/agent-limits.ts';
import { processLoad } from './process-load.ts';
import { loadAndReport } from './report-health.ts';
import { powertoolsTelemetry } from './telemetry.ts';
import { runAgent } from './worker.ts';

/** The entry point of a pool's ECS tasks: wires the worker to AWS. Exits with 0 if stopped or drained, else with 1. */
async function main(): Promise<number> {
  const { config, stack, delegates, metadataUri, ecsAgentUri, healthFile, ...address } = readEnvironment(
    process.env,
  );
  const ownTask = await readOwnTask(metadataUri, Date.now());
  const { identity } = ownTask;
  const logger = new Logger({
    serviceName: 'agent',
    persistentKeys: { pool: config.name, agent: identity.id },
  });
  const shutdown = createShutdown();
  process.on('SIGTERM', () => shutdown.request('SIGTERM'));
  const cache = contextCache(join(tmpdir(), `agentpool-${identity.id}`));
  const uploads = endOfUploads(shutdown, { clock: systemClock, ...config });
  const log: Log = {
    info: (message, details = {}) => logger.info(message, details),
    warn: (message, details = {}) => logger.warn(message, details),
  };
  const { limitStore, ...ports } = openForAgent(config, address, { cache, uploads });
  const cause = await runAgent({
    config,
    identity: {
      ...identity,
      launchedAtMs: await launchedAtMs(ownTask, { readCreation, log }),
      pulledAtMs: identity.launchedAtMs,
    },
    shutdown,
    loadHandler: () =>
      loadAndReport(() => loadHandler(config.handler, process.cwd()), {
        record: (problem) => ports.store.heartbeat(identity.id, Date.now(), { problem }),
        write: (report) => writeFile(healthFile, `${report}\n`),
        clock: systemClock,
        log,
        shutdown,
        waitSeconds: secondsUntilStopped(agentHealthCheck(config.startTimeoutSeconds)),
      }),
    ports: {
      ...ports,
      delegates: openDelegates(delegates),
      limits: agentLimits(config.limits, { store: limitStore, clock: systemClock, log }),
      protection: ecsProtection(ecsAgentUri),
      load: processLoad(config.agent.cpu / 1024),
      log,
      telemetry: powertoolsTelemetry(logger, emitMetrics('agent', stack), config.name),
    },
  });
  return cause === 'SIGTERM' || cause === 'drained' ? 0 : 1;
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(`agentpool agent: ${error instanceof Error ? error.message : String(error)}`);
    process.exit(1);
  },
);
