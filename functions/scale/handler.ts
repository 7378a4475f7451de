import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { dynamoClient, ecsClient, sqsClient } from '../../shared/aws/clients.ts';
import { systemClock } from '../../shared/aws/clock.ts';
import { dynamoHistory } from '../../shared/aws/dynamo-history.ts';
import { dynamoNeighbours } from '../../shared/aws/dynamo-neighbours.ts';
import { dynamoPoolStore } from '../../shared/aws/dynamo-pool-store.ts';
import { ecsFleet } from '../../shared/aws/ecs-fleet.ts';
import { emitMetrics } from '../../shared/aws/emit-metrics.ts';
import { sqsQueue } from '../../shared/aws/sqs-queue.ts';
import { scalePools } from '../../shared/runtime/scale-pools.ts';
import { readEnvironment } from './environment.ts';
import { powertoolsTelemetry } from './telemetry.ts';

const logger = new Logger({ serviceName: 'scale' });
const { table, cluster, pools } = readEnvironment(process.env);
const sqs = sqsClient();
const ecs = ecsClient();
const dynamo = dynamoClient();
const telemetry = powertoolsTelemetry(logger, emitMetrics('scale'));

const configs = pools.map(({ config }) => config);
const scaledPools = pools.map(({ config, queueUrl, service }) => ({
  config,
  ports: {
    queue: sqsQueue(sqs, { queueUrl }),
    store: dynamoPoolStore({ dynamo, table }, config.name),
    history: dynamoHistory({ dynamo, table }, config.name, systemClock),
    neighbours: dynamoNeighbours({ dynamo, table }, config, configs),
    fleet: ecsFleet(ecs, { cluster, service }),
    clock: systemClock,
    telemetry,
  },
}));

/** Scheduled every minute; looks at every pool each `tickSeconds` until the minute is over. */
export const handler = middy<unknown, void, Error, Context>()
  .use(injectLambdaContext(logger, { resetKeys: true }))
  .handler((_event, context) => scalePools(scaledPools, context.awsRequestId, systemClock));
