import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { systemClock } from '../../shared/aws/clock.ts';
import { emitMetrics } from '../../shared/aws/emit-metrics.ts';
import { openForScaling } from '../../shared/aws/open-pool.ts';
import { scalePools } from '../../shared/runtime/scale-pools.ts';
import { readEnvironment } from './environment.ts';
import { powertoolsTelemetry } from './telemetry.ts';

const logger = new Logger({ serviceName: 'scale' });
const pools = openForScaling(readEnvironment(process.env), powertoolsTelemetry(logger, emitMetrics('scale')));

/** Runs every minute: ticks each pool every `tickSeconds` until the minute is over. */
export const handler = middy<unknown, void, Error, Context>()
  .use(injectLambdaContext(logger, { resetKeys: true }))
  .handler((_event, context) => scalePools(pools, context.awsRequestId, systemClock));
