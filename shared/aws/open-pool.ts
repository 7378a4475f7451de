import { contexts } from '../contexts/contexts.ts';
import { patterns } from '../contexts/patterns.ts';
import { contextVersions } from '../contexts/versions.ts';
import { dynamoClient, ecsClient, s3Client, sqsClient } from './clients.ts';
import { systemClock } from './clock.ts';
import { deadLetters } from './dead-letters.ts';
import { dynamoContexts, dynamoPatterns } from './dynamo-contexts.ts';
import { dynamoHistory } from './dynamo-history.ts';
import { dynamoOverrides } from './dynamo-overrides.ts';
import { dynamoPoolStore } from './dynamo-pool-store.ts';
import { dynamoTaskStore } from './dynamo-task-store.ts';
import { ecsFleet } from './ecs-fleet.ts';
import { s3Objects } from './s3-objects.ts';
import { sqsQueue } from './sqs-queue.ts';
import type { StackOutputs } from './stack-outputs.ts';
import { awsTaskClient } from './task-client.ts';

/** Everything of one pool of a stack, as its agents, its scaler, its clients and its operators each see a part of it. */
export function connectPool({ clusterName, tableName, bucketName, pools }: StackOutputs, name: string) {
  const pool = pools.find((candidate) => candidate.name === name);
  if (!pool)
    throw new Error(`the stack has no pool "${name}", but ${pools.map((each) => each.name).join(', ')}`);
  const table = { dynamo: dynamoClient(), table: tableName };
  const objects = s3Objects(s3Client(), bucketName);
  const tasks = dynamoTaskStore(table, name);
  const queue = sqsQueue(sqsClient(), pool);
  const contextStore = dynamoContexts(table, name);
  const known = patterns(name, { store: dynamoPatterns(table, name), objects, nowMs: systemClock.now });
  return {
    pool,
    table,
    queue,
    /** Messages that were given up, as far as SQS counts them. */
    deadLetterCount: async () =>
      (await sqsQueue(sqsClient(), { queueUrl: pool.deadLetterQueueUrl }).counts()).visible,
    objects,
    tasks,
    store: dynamoPoolStore(table, name),
    overrides: dynamoOverrides(table, name),
    history: dynamoHistory(table, name, systemClock),
    deadLetters: deadLetters({ ...table, sqs: sqsClient(), pool: name, ...pool }),
    versions: contextVersions({ pool: name, store: contextStore, objects, patterns: known }),
    fleet: ecsFleet(ecsClient(), { cluster: clusterName, service: pool.service }),
    contextStore,
    contexts: contexts(name, { store: contextStore, objects, clock: systemClock, patterns: known }),
    client: awsTaskClient({
      pool: name,
      queueUrl: pool.queueUrl,
      tableName,
      bucketName,
    }),
  };
}
