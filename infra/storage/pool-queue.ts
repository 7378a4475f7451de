import { CfnDeletionPolicy, Duration } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import {
  type CfnQueue,
  DeduplicationScope,
  FifoThroughputLimit,
  Queue,
  QueueEncryption,
  type QueueProps,
} from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { queueName } from '../../shared/aws/resource-names.ts';
import type { PoolConfig } from '../../shared/core/pool/config.ts';
import { receivesOf } from '../../shared/core/pool/receives.ts';
import { acknowledge } from '../grants/acknowledge.ts';

type PoolQueueProps = {
  readonly pool: PoolConfig;
  /** What the names of the platform's resources begin with. */
  readonly prefix: string;
  readonly encryptionKey: IKey | undefined;
};

/** How long a task may wait in the queue. */
export const RETENTION = Duration.days(7);

/** The task queue of a pool and its dead-letter queue. */
export class PoolQueue extends Construct {
  readonly queue: Queue;
  readonly deadLetterQueue: Queue;

  constructor(scope: Construct, id: string, { pool, prefix, encryptionKey }: PoolQueueProps) {
    super(scope, id);
    const common: QueueProps = {
      ...(encryptionKey
        ? { encryption: QueueEncryption.KMS, encryptionMasterKey: encryptionKey }
        : { encryption: QueueEncryption.SQS_MANAGED }),
      enforceSSL: true,
      // High throughput: the limit of a plain FIFO queue applies to each context instead of the whole queue.
      ...(pool.ordering === 'fifo' && {
        fifo: true,
        // For senders that say no deduplication ID; EventBridge can't.
        contentBasedDeduplication: true,
        fifoThroughputLimit: FifoThroughputLimit.PER_MESSAGE_GROUP_ID,
        deduplicationScope: DeduplicationScope.MESSAGE_GROUP,
      }),
    };
    // A dead letter keeps the age of its task, so it needs a longer retention.
    this.deadLetterQueue = new Queue(this, 'DeadLetterQueue', {
      ...common,
      queueName: queueName(prefix, pool, '-dead'),
      retentionPeriod: Duration.days(14),
    });
    acknowledge(this.deadLetterQueue, { 'Serverless-SQSRedrivePolicy': 'This is the dead-letter queue.' });
    this.queue = new Queue(this, 'Queue', {
      ...common,
      queueName: queueName(prefix, pool),
      retentionPeriod: RETENTION,
      visibilityTimeout: Duration.seconds(pool.visibilitySeconds),
      // Agents move failed tasks there themselves, with the reason. This is for messages that they keep returning.
      deadLetterQueue: { queue: this.deadLetterQueue, maxReceiveCount: receivesOf(pool) },
    });
    // A change of `ordering` replaces the queues. What waits in the old ones stays, and can be sent again.
    for (const queue of [this.queue, this.deadLetterQueue]) {
      const resource = queue.node.defaultChild as CfnQueue;
      resource.cfnOptions.updateReplacePolicy = CfnDeletionPolicy.RETAIN;
    }
  }
}
