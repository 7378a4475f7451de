import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import * as z from 'zod';
import { systemClock } from '../../shared/aws/clock.ts';
import { emitMetrics } from '../../shared/aws/emit-metrics.ts';
import { openForScaling, openPoolDirectory } from '../../shared/aws/open-pool.ts';
import { wakeSchema } from '../../shared/aws/wake-idle-pool.ts';
import { type ScaledPool, scalePools, wakePool } from '../../shared/runtime/scale-pools.ts';
import { readEnvironment } from '../environment.ts';
import { powertoolsTelemetry } from './telemetry.ts';

const { AGENTPOOL_CLUSTER: cluster } = z.object({ AGENTPOOL_CLUSTER: z.string() }).parse(process.env);
const { stack, table, pools: path } = readEnvironment(process.env);
const logger = new Logger({ serviceName: 'scale' });
const telemetry = powertoolsTelemetry(logger, emitMetrics('scale', stack));
const readPools = openPoolDirectory(path);

let opened: { readonly text: string; readonly pools: readonly ScaledPool[] } | undefined;

/**
 * Runs every minute: ticks each pool every `tickSeconds` until the minute is over. A client that sends a task to an idle
 * pool invokes it too, for that pool alone.
 */
export const handler = middy<unknown, void, Error, Context>()
  .use(injectLambdaContext(logger, { resetKeys: true }))
  .handler(async (event, { awsRequestId }) => {
    const pools = await poolsNow();
    const { data: wake } = wakeSchema.safeParse(event);
    if (wake === undefined) return scalePools(pools, awsRequestId, systemClock);
    const pool = pools.find(({ config }) => config.name === wake.pool);
    if (pool !== undefined) await wakePool(pool, awsRequestId, systemClock);
  });

/** A run that can't read the pools goes on with those of the run before. */
async function poolsNow(): Promise<readonly ScaledPool[]> {
  try {
    const { pools, text } = await readPools();
    if (opened?.text !== text) opened = { text, pools: openForScaling({ table, cluster, pools }, telemetry) };
  } catch (error) {
    if (opened === undefined) throw error;
    logger.warn('could not read the pools again', { error: error as Error });
  }
  return opened?.pools ?? [];
}
