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
const pools = z.array(z.string()).parse(JSON.parse(environment.AGENTPOOL_POOLS));
const place = { tableName: environment.AGENTPOOL_TABLE, bucketName: environment.AGENTPOOL_BUCKET };

const eventSchema = z.object({ dryRun: z.boolean().default(false) });

/**
 * Scheduled nightly, or called with `{"dryRun": true}`: tidies the contexts of every pool.
 * @throws AggregateError at the end when a pool failed, so that the function's error alarm fires.
 */
export const handler = middy<unknown, void, Error, Context>()
  .use(injectLambdaContext(logger, { resetKeys: true }))
  .handler(async (event) => {
    const { dryRun } = eventSchema.parse(event ?? {});
    const errors: unknown[] = [];
    for (const pool of pools) {
      try {
        const report = await compact(pool, openContexts({ pool, ...place }), { dryRun });
        logger.info(dryRun ? 'would compact' : 'compacted', { pool, ...report });
      } catch (error) {
        logger.error('a pool was not compacted', { pool, error: error as Error });
        errors.push(error);
      }
    }
    if (errors.length > 0)
      throw new AggregateError(errors, `${errors.length} pool(s) were not compacted: ${errors[0]}`);
  });
