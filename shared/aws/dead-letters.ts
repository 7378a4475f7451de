import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { parseMessage } from '../tasks/message.ts';
import { conditionally, type Table } from './dynamo-table.ts';
import { taskKey } from './keys.ts';

/** A message that was given up. */
export type DeadLetter = {
  readonly messageId: string;
  /** Undefined for what is no task of this pool. */
  readonly taskId?: string;
  readonly contextId?: string;
  readonly reason: string;
  readonly sentAtMs: number;
  readonly body: string;
  readonly groupId?: string;
  readonly receiptHandle: string;
};

export type DeadLetters = {
  /**
   * Takes messages out of others' snapshot for five minutes: each is to be redriven, dropped or given back. In a FIFO queue
   * ten of a conversation are seen at most, since the others wait behind them; `of` is how many there are.
   */
  take(atMost: number): Promise<{ readonly letters: readonly DeadLetter[]; readonly of: number }>;
  giveBack(letter: DeadLetter): Promise<void>;
  /** The task is queued once more, as if it had never been tried. False: its message is no task of this pool. */
  redrive(letter: DeadLetter): Promise<boolean>;
  drop(letter: DeadLetter): Promise<void>;
};

type Place = Table & {
  readonly sqs: SQSClient;
  readonly pool: string;
  readonly queueUrl: string;
  readonly deadLetterQueueUrl: string;
};

const TAKEN_SECONDS = 300;

/** A pool's dead-letter queue, for operators. */
export function deadLetters({ sqs, dynamo, table, pool, queueUrl, deadLetterQueueUrl }: Place): DeadLetters {
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

    giveBack,

    // The record first: an agent that finds it failed would give the message up again.
    async redrive(letter) {
      const parsed = parseMessage(letter.body, pool, letter.groupId);
      if (parsed.kind === 'invalid') return false;
      await reopen(parsed.task.id);
      await sqs.send(
        new SendMessageCommand({
          QueueUrl: queueUrl,
          MessageBody: letter.body,
          ...(queueUrl.endsWith('.fifo') && {
            MessageGroupId: letter.groupId ?? parsed.task.id,
            // Redriven twice, after a crash before it was removed, it is there once.
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
        MessageSystemAttributeNames: ['SentTimestamp', 'MessageGroupId', 'ApproximateReceiveCount'],
      }),
    );
    return messages.map((message) => {
      const { MessageId = '', ReceiptHandle = '', Body = '', Attributes, MessageAttributes } = message;
      const groupId = Attributes?.MessageGroupId;
      const parsed = parseMessage(Body, pool, groupId);
      const task = parsed.kind === 'invalid' ? undefined : parsed.task;
      return {
        messageId: MessageId,
        receiptHandle: ReceiptHandle,
        body: Body,
        sentAtMs: Number(Attributes?.SentTimestamp ?? 0),
        reason:
          MessageAttributes?.['reason']?.StringValue ?? 'given back too often: no agent could end with it',
        ...(groupId !== undefined && { groupId }),
        ...(task && { taskId: task.id }),
        ...(task?.contextId !== undefined && { contextId: task.contextId }),
      };
    });
  }

  async function count(): Promise<number> {
    const names = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const;
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: deadLetterQueueUrl, AttributeNames: [...names] }),
    );
    return names.reduce((sum, name) => sum + Number(Attributes?.[name] ?? 0), 0);
  }

  async function giveBack({ receiptHandle }: DeadLetter): Promise<void> {
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

  /** All attempts so far count as given back. What has not failed is left as it is. */
  async function reopen(id: string): Promise<void> {
    await conditionally(
      dynamo.send(
        new UpdateCommand({
          TableName: table,
          Key: taskKey(pool, id),
          UpdateExpression: 'SET #status = :queued, returned = attempts REMOVE endedAtMs, #reason',
          ConditionExpression: '#status = :failed',
          ExpressionAttributeNames: { '#status': 'status', '#reason': 'reason' },
          ExpressionAttributeValues: { ':queued': 'queued', ':failed': 'failed' },
        }),
      ),
    );
  }
}
