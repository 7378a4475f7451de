import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import * as z from 'zod';
import { openForCompacting } from '../../shared/aws/open-pool.ts';
import { compact, dueCompaction } from '../../shared/contexts/compact.ts';

const logger = new Logger({ serviceName: 'compact' });

const place = z
  .object({ AGENTPOOL_TABLE: z.string(), AGENTPOOL_BUCKET: z.string() })
  .transform(({ AGENTPOOL_TABLE: tableName, AGENTPOOL_BUCKET: bucketName }) => ({ tableName, bucketName }))
  .parse(process.env);

const eventSchema = z.object({
  pool: z.string(),
  contextDays: z.number().optional(),
  dryRun: z.boolean().default(false),
});

/** What a run needs to end: the contexts it's at, and patterns to learn. */
const RESERVED_MS = 90_000;

/**
 * Runs every hour for each pool: once a day compacts its contexts and collects garbage, in as many runs as it takes.
 * With `dryRun` it only reports.
 */
export const handler = middy<unknown, void, Error, Context>()
  .use(injectLambdaContext(logger, { resetKeys: true }))
  .handler(async (event, context) => {
    const { pool, contextDays: keepDays, dryRun } = eventSchema.parse(event);
    const { compactions, ...ports } = openForCompacting({ pool, ...place });
    const from = dueCompaction(dryRun ? undefined : await compactions.load(), ports.clock.now());
    if (from === undefined) return;
    const { report, compaction } = await compact(pool, ports, {
      from,
      dryRun,
      keepDays,
      isOver: () => context.getRemainingTimeInMillis() < RESERVED_MS,
      onProgress: async (at) => {
        if (!dryRun) await compactions.save(at);
      },
    });
    if (!dryRun) await compactions.save(compaction);
    const isComplete = compaction.completedAtMs !== undefined;
    logger.info(dryRun ? 'would compact' : 'compacted', { pool, isComplete, ...report });
  });
