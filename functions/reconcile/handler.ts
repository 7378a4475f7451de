import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import * as z from 'zod';
import { systemClock } from '../../shared/aws/clock.ts';
import { emitMetrics } from '../../shared/aws/emit-metrics.ts';
import { openRecords } from '../../shared/aws/open-pool.ts';
import { closeRecord } from '../../shared/runtime/close-record.ts';
import { reconcileMeasurements } from '../../shared/telemetry/reconcile-metrics.ts';
import { parseTaskStopped } from './task-stopped.ts';

const logger = new Logger({ serviceName: 'reconcile' });
const emit = emitMetrics('reconcile');

const environment = z
  .object({ AGENTPOOL_TABLE: z.string(), AGENTPOOL_SERVICES: z.string() })
  .parse(process.env);
/** Maps each ECS service to its pool. */
const pools = new Map(
  z.array(z.tuple([z.string(), z.string()])).parse(JSON.parse(environment.AGENTPOOL_SERVICES)),
);
const recordsOf = openRecords(environment.AGENTPOOL_TABLE);

/** Runs when an ECS task of the cluster stops: closes the record of its agent. */
export const handler = middy<unknown, void, Error, Context>()
  .use(injectLambdaContext(logger, { resetKeys: true }))
  .handler(async (event) => {
    const stopped = parseTaskStopped(event);
    const pool = pools.get(stopped.service);
    // Someone started the ECS task by hand, or its pool has just been removed.
    if (pool === undefined) return;
    const wasOpen = await closeRecord(recordsOf(pool), stopped.agentId, systemClock);
    const { agentId: agent, end, reason } = stopped;
    const level = end === 'stopped' ? 'info' : 'warn';
    logger[level](`agent ${end}`, { pool, agent, reason, ...(wasOpen && { signedOff: false }) });
    emit(pool, reconcileMeasurements(end));
  });
