import { dynamoClient, ecsClient, s3Client, sqsClient } from '../shared/aws/clients.ts';
import { systemClock } from '../shared/aws/clock.ts';
import { dynamoContexts, dynamoPatterns } from '../shared/aws/dynamo-contexts.ts';
import { dynamoPoolStore } from '../shared/aws/dynamo-pool-store.ts';
import { dynamoTaskStore } from '../shared/aws/dynamo-task-store.ts';
import { ecsFleet } from '../shared/aws/ecs-fleet.ts';
import { s3Objects } from '../shared/aws/s3-objects.ts';
import { sqsQueue } from '../shared/aws/sqs-queue.ts';
import type { StackOutputs } from '../shared/aws/stack-outputs.ts';
import { awsTaskClient } from '../shared/aws/task-client.ts';
import { contexts } from '../shared/context/contexts.ts';
import { patterns } from '../shared/context/patterns.ts';

/** Everything of one pool of a stack, as its agents, its scaler and its clients each see a part of it. */
export function connect({ ClusterName, TableName, BucketName, Pools }: StackOutputs, name: string) {
  const pool = Pools.find((candidate) => candidate.name === name);
  if (!pool)
    throw new Error(`the stack has no pool "${name}", but ${Pools.map((each) => each.name).join(', ')}`);
  const table = { dynamo: dynamoClient(), table: TableName };
  const objects = s3Objects(s3Client(), BucketName);
  const tasks = dynamoTaskStore(table, name);
  const queue = sqsQueue(sqsClient(), pool);
  const contextStore = dynamoContexts(table, name);
  const known = patterns(name, { store: dynamoPatterns(table, name), objects, nowMs: systemClock.now });
  return {
    pool,
    table,
    queue,
    objects,
    tasks,
    store: dynamoPoolStore(table, name),
    fleet: ecsFleet(ecsClient(), { cluster: ClusterName, service: pool.service }),
    contextStore,
    contexts: contexts(name, { store: contextStore, objects, clock: systemClock, patterns: known }),
    client: awsTaskClient({
      pool: name,
      queueUrl: pool.queueUrl,
      tableName: TableName,
      bucketName: BucketName,
    }),
  };
}
