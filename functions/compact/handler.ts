import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import * as z from 'zod';
import { openContexts } from '../../shared/aws/open-pool.ts';
import { compact } from '../../shared/contexts/compact.ts';

const logger = new Logger({ serviceName: 'compact' });

const environment = z
  .object({ AGENTPOOL_TABLE: z.string(), AGENTPOOL_BUCKET: z.string(), AGENTPOOL_POOLS: z.string() })
  .parse(process.env);
const pools = z
  .array(z.object({ name: z.string(), contextDays: z.number().optional() }))
  .parse(JSON.parse(environment.AGENTPOOL_POOLS));
const place = { tableName: environment.AGENTPOOL_TABLE, bucketName: environment.AGENTPOOL_BUCKET };

const eventSchema = z.object({ dryRun: z.boolean().default(false) });

/**
 * Runs once a day: compacts the contexts of every pool and collects garbage. With `{"dryRun": true}` it only reports.
 * @throws AggregateError at the end if a pool failed, so that the function's error alarm fires.
 */
export const handler = middy<unknown, void, Error, Context>()
  .use(injectLambdaContext(logger, { resetKeys: true }))
  .handler(async (event) => {
    const { dryRun } = eventSchema.parse(event ?? {});
    const errors: unknown[] = [];
    for (const { name: pool, contextDays: keepDays } of pools) {
      try {
        const report = await compact(pool, openContexts({ pool, ...place }), { dryRun, keepDays });
        logger.info(dryRun ? 'would compact' : 'compacted', { pool, ...report });
      } catch (error) {
        logger.error('compaction failed', { pool, error: error as Error });
        errors.push(error);
      }
    }
    if (errors.length > 0)
      throw new AggregateError(errors, `compaction failed for ${errors.length} pool(s): ${errors[0]}`);
  });
