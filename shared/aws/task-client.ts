import { type TaskClient, taskClient } from '../tasks/client.ts';
import { dynamoClient, s3Client, sqsClient } from './clients.ts';
import { systemClock } from './clock.ts';
import { dynamoTaskStore } from './dynamo-task-store.ts';
import { s3Objects } from './s3-objects.ts';
import { sqsQueue } from './sqs-queue.ts';

/** Where a pool is: its name, and what the stack's outputs tell of it. */
export type PoolAddress = {
  readonly pool: string;
  readonly queueUrl: string;
  readonly tableName: string;
  readonly bucketName: string;
};

/** Opens a deployed pool for sending tasks, with the credentials and the region of the environment. */
export function awsTaskClient({ pool, queueUrl, tableName, bucketName }: PoolAddress): TaskClient {
  return taskClient(pool, {
    queue: sqsQueue(sqsClient(), { queueUrl }),
    tasks: dynamoTaskStore({ dynamo: dynamoClient(), table: tableName }, pool),
    objects: s3Objects(s3Client(), bucketName),
    clock: systemClock,
  });
}
