import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { Clock } from '../ports/clock.ts';
import type { QueueMessage } from '../ports/task-queue.ts';
import type { TaskStore } from '../ports/task-store.ts';
import { groupOf, identified, parseMessage } from '../tasks/message.ts';
import { conditionally, type Table } from './dynamo-table.ts';
import { OPEN_INDEX, openPartitionOf, taskKey } from './keys.ts';
import { taskAttributes, withAttributes } from './sqs-queue.ts';

/** A message in the dead-letter queue. */
export type DeadLetter = {
  readonly messageId: string;
  /** Undefined if the message isn't a task of this pool. */
  readonly taskId?: string;
  readonly contextId?: string;
  readonly reason: string;
  readonly sentAtMs: number;
  readonly body: string;
  readonly groupId?: string;
  readonly deduplicationId?: string;
  readonly attributes: QueueMessage['attributes'];
  readonly receiptHandle: string;
};

export type DeadLetters = {
  /**
   * Receives messages and hides them from other readers for five minutes. The caller redrives, drops or returns each
   * one. A FIFO queue returns at most ten messages per conversation, because later ones are blocked by them; `of` is
   * the number of messages in the queue.
   */
  take(atMost: number): Promise<{ readonly letters: readonly DeadLetter[]; readonly of: number }>;
  returnToQueue(letter: DeadLetter): Promise<void>;
  /** Queues the task again, with its full number of attempts. False: the message isn't a task of this pool. */
  redrive(letter: DeadLetter): Promise<boolean>;
  drop(letter: DeadLetter): Promise<void>;
};

type Place = Table & {
  readonly sqs: SQSClient;
  readonly pool: string;
  readonly queueUrl: string;
  readonly deadLetterQueueUrl: string;
  readonly clock: Pick<Clock, 'now'>;
  readonly tasks: Pick<TaskStore, 'get'>;
};

const TAKEN_SECONDS = 300;

/** A pool's dead-letter queue, for operators. */
export function deadLetters({
  sqs,
  dynamo,
  table,
  pool,
  queueUrl,
  deadLetterQueueUrl,
  clock,
  tasks,
}: Place): DeadLetters {
  return {
    async take(atMost) {
      const letters: DeadLetter[] = [];
      while (letters.length < atMost) {
        const batch = await receive();
        letters.push(...batch);
        if (batch.length === 0) break;
      }
      return { letters, of: await count() };
    },

    returnToQueue,

    // The record comes first: an agent that finds it failed would move the message here again.
    async redrive(letter) {
      const { taskId } = letter;
      if (taskId === undefined) return false;
      await reopen(taskId);
      await sqs.send(
        new SendMessageCommand({
          QueueUrl: queueUrl,
          MessageBody: letter.body,
          ...withAttributes(letter.body, { taskId, ...letter.attributes }),
          ...(queueUrl.endsWith('.fifo') && {
            MessageGroupId: letter.groupId ?? groupOf({ id: taskId, ...letter }),
            // If a crash before the removal causes a second redrive, SQS drops the duplicate.
            MessageDeduplicationId: letter.messageId,
          }),
        }),
      );
      await remove(letter);
      return true;
    },

    drop: remove,
  };

  async function receive(): Promise<readonly DeadLetter[]> {
    const { Messages: messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: deadLetterQueueUrl,
        MaxNumberOfMessages: 10,
        WaitTimeSeconds: 1,
        VisibilityTimeout: TAKEN_SECONDS,
        MessageAttributeNames: ['All'],
        MessageSystemAttributeNames: [
          'SentTimestamp',
          'MessageGroupId',
          'MessageDeduplicationId',
          'ApproximateReceiveCount',
        ],
      }),
    );
    return Promise.all(messages.map(asLetter));
  }

  async function asLetter(message: Message): Promise<DeadLetter> {
    const { MessageId = '', ReceiptHandle = '', Body = '', Attributes, MessageAttributes } = message;
    const { MessageGroupId: groupId, MessageDeduplicationId: deduplicationId } = Attributes ?? {};
    const incoming = {
      messageId: MessageAttributes?.['messageId']?.StringValue ?? MessageId,
      body: Body,
      sentAtMs: Number(Attributes?.SentTimestamp ?? 0),
      ...(groupId !== undefined && { groupId }),
      ...(deduplicationId !== undefined && { deduplicationId }),
      attributes: taskAttributes(MessageAttributes),
    };
    const parsed = parseMessage(incoming, pool);
    // With a reason, agents give the task's ID, unless they found no task in the message.
    const hasReason = MessageAttributes?.['reason'] !== undefined;
    const isRejected =
      parsed.kind === 'invalid' ||
      (parsed.form === 'bare' && hasReason && incoming.attributes.taskId === undefined);
    const task = isRejected ? undefined : await identified(parsed, tasks);
    return {
      ...incoming,
      receiptHandle: ReceiptHandle,
      reason: MessageAttributes?.['reason']?.StringValue ?? 'received too often: no agent completed it',
      ...(task && { taskId: task.id }),
      ...(task?.contextId !== undefined && { contextId: task.contextId }),
    };
  }

  async function count(): Promise<number> {
    const names = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const;
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: deadLetterQueueUrl, AttributeNames: [...names] }),
    );
    return names.reduce((sum, name) => sum + Number(Attributes?.[name] ?? 0), 0);
  }

  async function returnToQueue({ receiptHandle }: DeadLetter): Promise<void> {
    await sqs.send(
      new ChangeMessageVisibilityCommand({
        QueueUrl: deadLetterQueueUrl,
        ReceiptHandle: receiptHandle,
        VisibilityTimeout: 0,
      }),
    );
  }

  async function remove({ receiptHandle }: DeadLetter): Promise<void> {
    await sqs.send(new DeleteMessageCommand({ QueueUrl: deadLetterQueueUrl, ReceiptHandle: receiptHandle }));
  }

  /**
   * As if it had never been attempted: counts all attempts so far as returned, and its times from now on. A record that
   * isn't failed stays as it is.
   */
  async function reopen(id: string): Promise<void> {
    await conditionally(
      dynamo.send(
        new UpdateCommand({
          TableName: table,
          Key: taskKey(pool, id),
          UpdateExpression:
            'SET #status = :queued, returned = attempts, queuedAtMs = :nowMs, #openIn = :openIn ' +
            'REMOVE endedAtMs, startedAtMs, #reason, lost, cancelled',
          ConditionExpression: '#status = :failed',
          ExpressionAttributeNames: {
            '#status': 'status',
            '#reason': 'reason',
            '#openIn': OPEN_INDEX.partition,
          },
          ExpressionAttributeValues: {
            ':queued': 'queued',
            ':failed': 'failed',
            ':nowMs': clock.now(),
            ':openIn': openPartitionOf(pool, id),
          },
        }),
      ),
    );
  }
}
