import { Duration } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import {
  DeduplicationScope,
  FifoThroughputLimit,
  Queue,
  QueueEncryption,
  type QueueProps,
} from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { PoolConfig } from '../../shared/core/pool/config.ts';
import { acknowledge } from '../grants/acknowledge.ts';

/**
 * An agent moves a task that failed to the dead-letter queue itself, with the reason. SQS does it only for messages
 * that agents keep giving back, which a busy pool does now and then: so, late.
 */
const MAX_RECEIVES = 20;

type PoolQueueProps = { readonly pool: PoolConfig; readonly encryptionKey: IKey | undefined };

/** The task queue of a pool and its dead-letter queue. */
export class PoolQueue extends Construct {
  readonly queue: Queue;
  readonly deadLetterQueue: Queue;

  constructor(scope: Construct, id: string, { pool, encryptionKey }: PoolQueueProps) {
    super(scope, id);
    const common: QueueProps = {
      ...(encryptionKey
        ? { encryption: QueueEncryption.KMS, encryptionMasterKey: encryptionKey }
        : { encryption: QueueEncryption.SQS_MANAGED }),
      enforceSSL: true,
      // High throughput: as many calls a second for each context as a plain FIFO queue has in all.
      ...(pool.ordering === 'fifo' && {
        fifo: true,
        fifoThroughputLimit: FifoThroughputLimit.PER_MESSAGE_GROUP_ID,
        deduplicationScope: DeduplicationScope.MESSAGE_GROUP,
      }),
    };
    // A dead letter keeps its age, so it needs longer than a task.
    this.deadLetterQueue = new Queue(this, 'DeadLetterQueue', {
      ...common,
      retentionPeriod: Duration.days(14),
    });
    acknowledge(this.deadLetterQueue, { 'Serverless-SQSRedrivePolicy': 'It is the end of the way.' });
    this.queue = new Queue(this, 'Queue', {
      ...common,
      retentionPeriod: Duration.days(7),
      visibilityTimeout: Duration.seconds(pool.visibilitySeconds),
      deadLetterQueue: { queue: this.deadLetterQueue, maxReceiveCount: MAX_RECEIVES },
    });
  }
}
