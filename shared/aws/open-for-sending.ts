import type { PoolAddress } from '../tasks/address.ts';
import { type TaskClient, taskClient } from '../tasks/client.ts';
import { dynamoClient, lambdaClient, s3Client, sqsClient } from './clients.ts';
import { systemClock } from './clock.ts';
import { dynamoTaskStore } from './dynamo-task-store.ts';
import { s3Objects } from './s3-objects.ts';
import { sqsQueue } from './sqs-queue.ts';
import { wakeIdlePool } from './wake-idle-pool.ts';

/**
 * For sending tasks to a pool and waiting for their results: what other programs import. It's apart from the other openers,
 * because it has to run on older versions of Node.
 */
export function openForSending({ pool, queueUrl, tableName, bucketName, scaler }: PoolAddress): TaskClient {
  const table = { dynamo: dynamoClient(), table: tableName };
  const clock = systemClock;
  return taskClient(pool, {
    queue: sqsQueue(sqsClient(), { queueUrl }),
    tasks: dynamoTaskStore(table, pool),
    objects: s3Objects(s3Client(), bucketName),
    clock,
    wake:
      scaler === undefined ? undefined : wakeIdlePool(pool, { table, lambda: lambdaClient(), scaler, clock }),
  });
}
