import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger } from '@aws-lambda-powertools/logger';
import { dynamoClient, s3Client, sqsClient } from '../shared/aws/clients.ts';
import { systemClock } from '../shared/aws/clock.ts';
import { dynamoContexts, dynamoPatterns } from '../shared/aws/dynamo-contexts.ts';
import { dynamoPoolStore } from '../shared/aws/dynamo-pool-store.ts';
import { dynamoTaskStore } from '../shared/aws/dynamo-task-store.ts';
import { emitMetrics } from '../shared/aws/emit-metrics.ts';
import { s3Objects } from '../shared/aws/s3-objects.ts';
import { sqsQueue } from '../shared/aws/sqs-queue.ts';
import { contextCache } from '../shared/contexts/cache.ts';
import { contexts } from '../shared/contexts/contexts.ts';
import { patterns } from '../shared/contexts/patterns.ts';
import { createShutdown } from './agent.ts';
import { ecsProtection, readIdentity } from './ecs-endpoints.ts';
import { readEnvironment } from './environment.ts';
import { loadHandler } from './handler.ts';
import { powertoolsTelemetry } from './telemetry.ts';
import { runAgent } from './worker.ts';

/** What an ECS task of a pool runs: wires the worker to AWS. Exits with 0 when it was stopped, with 1 otherwise. */
async function main(): Promise<number> {
  const { config, ...environment } = readEnvironment(process.env);
  const identity = await readIdentity(environment.metadataUri, Date.now());
  const logger = new Logger({
    serviceName: 'agent',
    persistentKeys: { pool: config.name, agent: identity.id },
  });
  const dynamo = dynamoClient();
  const table = { dynamo, table: environment.table };
  const objects = s3Objects(s3Client(), environment.bucket);
  const known = patterns(config.name, {
    store: dynamoPatterns(table, config.name),
    objects,
    nowMs: systemClock.now,
  });
  const shutdown = createShutdown();
  process.on('SIGTERM', () => shutdown.request('SIGTERM'));
  const cause = await runAgent({
    config,
    identity,
    shutdown,
    loadHandler: () => loadHandler(config.handler, process.cwd()),
    ports: {
      queue: sqsQueue(sqsClient(), environment),
      store: dynamoPoolStore(table, config.name),
      tasks: dynamoTaskStore(table, config.name),
      contexts: contexts(config.name, {
        store: dynamoContexts(table, config.name),
        objects,
        clock: systemClock,
        cache: contextCache(join(tmpdir(), `agentpool-${identity.id}`)),
        patterns: known,
        ordering: config.ordering,
      }),
      objects,
      prefetch: known.current,
      protection: ecsProtection(environment.ecsAgentUri),
      clock: systemClock,
      log: {
        info: (message, details = {}) => logger.info(message, details),
        warn: (message, details = {}) => logger.warn(message, details),
      },
      telemetry: powertoolsTelemetry(logger, emitMetrics('agent'), config.name),
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
