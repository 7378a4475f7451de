import { Duration } from 'aws-cdk-lib';
import {
  DeduplicationScope,
  FifoThroughputLimit,
  Queue,
  QueueEncryption,
  type QueueProps,
} from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { PoolConfig } from '../shared/pool/config.ts';

/**
 * An agent moves a task that failed to the dead-letter queue itself, with the reason. SQS does it only for messages
 * that agents keep giving back, which a busy pool does now and then: so, late.
 */
const MAX_RECEIVES = 20;

/** The task queue of a pool and its dead-letter queue. */
export class PoolQueue extends Construct {
  readonly queue: Queue;
  readonly deadLetterQueue: Queue;

  constructor(scope: Construct, id: string, pool: PoolConfig) {
    super(scope, id);
    const common: QueueProps = {
      encryption: QueueEncryption.SQS_MANAGED,
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
    this.queue = new Queue(this, 'Queue', {
      ...common,
      retentionPeriod: Duration.days(7),
      visibilityTimeout: Duration.seconds(pool.visibilitySeconds),
      deadLetterQueue: { queue: this.deadLetterQueue, maxReceiveCount: MAX_RECEIVES },
    });
  }
}
