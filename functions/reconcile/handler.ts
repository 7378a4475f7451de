import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import * as z from 'zod';
import { systemClock } from '../../shared/aws/clock.ts';
import { emitMetrics } from '../../shared/aws/emit-metrics.ts';
import { openForReconciling, openPoolDirectory } from '../../shared/aws/open-pool.ts';
import { closeLost } from '../../shared/runtime/close-lost.ts';
import { closeRecord } from '../../shared/runtime/close-record.ts';
import { reconcileMeasurements } from '../../shared/telemetry/reconcile-metrics.ts';
import { readEnvironment } from '../environment.ts';
import { parseTaskStopped } from './task-stopped.ts';

const logger = new Logger({ serviceName: 'reconcile' });
const { stack, table, pools: path } = readEnvironment(process.env);
const emit = emitMetrics('reconcile', stack);
const readPools = openPoolDirectory(path);
const open = openForReconciling(table);

const scheduledSchema = z.object({ 'detail-type': z.literal('Scheduled Event') });

/**
 * Brings records in line with what AWS did by itself. Runs when an ECS task of the cluster stops, to close the record of
 * its agent, and every 15 minutes, to end the tasks whose messages are gone.
 * @throws AggregateError at the end if a pool failed, so that the function's error alarm fires.
 */
export const handler = middy<unknown, void, Error, Context>()
  .use(injectLambdaContext(logger, { resetKeys: true }))
  .handler(async (event) => {
    if (scheduledSchema.safeParse(event).success) await closeLostTasks();
    else await closeAgent(event);
  });

async function closeAgent(event: unknown): Promise<void> {
  const stopped = parseTaskStopped(event);
  const { pools } = await readPools();
  const pool = pools.find(({ service }) => service === stopped.service)?.config.name;
  // Someone started the ECS task by hand, or its pool has just been removed.
  if (pool === undefined) return;
  const { agentId: agent, end, reason } = stopped;
  const problem = end === 'crashed' ? reason : undefined;
  const wasOpen = await closeRecord(open.records(pool), agent, { clock: systemClock, problem });
  const level = end === 'stopped' ? 'info' : 'warn';
  logger[level](`agent ${end}`, { pool, agent, reason, ...(wasOpen && { signedOff: false }) });
  emit(pool, reconcileMeasurements(end));
}

async function closeLostTasks(): Promise<void> {
  const { pools } = await readPools();
  const results = await Promise.allSettled(
    pools.map(async ({ config: { name: pool }, queueUrl, retentionSeconds }) => {
      const lost = await closeLost(open.tasks(pool, queueUrl), { retentionSeconds });
      for (const { id, reason } of lost) logger.warn('task lost', { pool, taskId: id, reason });
    }),
  );
  const errors = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as Error] : []));
  for (const error of errors) logger.error('could not look for lost tasks', { error });
  if (errors.length > 0)
    throw new AggregateError(
      errors,
      `${errors.length} pool(s) could not be searched for lost tasks: ${errors[0]}`,
    );
}
