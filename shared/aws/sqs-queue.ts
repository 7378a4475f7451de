import { createHash, randomUUID } from 'node:crypto';
import {
  ChangeMessageVisibilityBatchCommand,
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  type MessageAttributeValue,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { cleanText } from '../core/foreign-text.ts';
import { EXPIRED_HANDLE } from '../ports/refusal.ts';
import type { QueueMessage, TaskQueue } from '../ports/task-queue.ts';

type QueueUrls = {
  readonly queueUrl: string;
  /** Only agents need this. */
  readonly deadLetterQueueUrl?: string;
};

/** What any sender can say of a task without an envelope. */
const TASK_ATTRIBUTES = ['taskId', 'contextId'] as const;
/** Of a body and its attributes: their names, types and values (Amazon SQS message quotas). */
const MESSAGE_BYTES = 1_048_576;
const DATA_TYPE = 'String';

/** SQS doesn't truncate message attributes, but a reason for people doesn't need to be longer. */
const REASON_CHARACTERS = 1_000;

/** A pool's queue in SQS. A name that ends in `.fifo` marks a FIFO queue. */
export function sqsQueue(sqs: SQSClient, { queueUrl, deadLetterQueueUrl }: QueueUrls): TaskQueue {
  const isFifo = queueUrl.endsWith('.fifo');
  return {
    async counts() {
      const { Attributes: attributes } = await sqs.send(
        new GetQueueAttributesCommand({
          QueueUrl: queueUrl,
          AttributeNames: [
            'ApproximateNumberOfMessages',
            'ApproximateNumberOfMessagesNotVisible',
            'ApproximateNumberOfMessagesDelayed',
          ],
        }),
      );
      return {
        visible: count(attributes?.['ApproximateNumberOfMessages'], 'visible'),
        inFlight: count(attributes?.['ApproximateNumberOfMessagesNotVisible'], 'in flight'),
        delayed: count(attributes?.['ApproximateNumberOfMessagesDelayed'], 'delayed'),
      };
    },

    async send(messages) {
      if (messages.length === 0) return [];
      const response = await sqs.send(
        new SendMessageBatchCommand({
          QueueUrl: queueUrl,
          // Entry ids allow fewer characters than task ids, so the index in the batch serves as the id.
          Entries: messages.map(({ body, groupId, deduplicationId, tenant }, index) => ({
            Id: String(index),
            MessageBody: body,
            ...(isFifo
              ? { MessageGroupId: groupId, MessageDeduplicationId: deduplicationId }
              : { MessageGroupId: tenant }),
          })),
        }),
      );
      return (response.Failed ?? []).map((failure) => ({
        id: messages[Number(failure.Id)]?.id ?? `entry ${failure.Id}`,
        reason: `${failure.Code}: ${failure.Message ?? 'no message'}`,
      }));
    },

    async receive(pollSeconds, visibilitySeconds, atMost) {
      const { Messages: messages } = await sqs.send(
        new ReceiveMessageCommand({
          QueueUrl: queueUrl,
          MaxNumberOfMessages: atMost,
          // A call whose answer was lost is repeated by the SDK, and gets the same messages again. Otherwise their groups
          // would be blocked for the visibility timeout.
          ...(isFifo && { ReceiveRequestAttemptId: randomUUID() }),
          WaitTimeSeconds: pollSeconds,
          VisibilityTimeout: visibilitySeconds,
          MessageSystemAttributeNames: [
            'ApproximateReceiveCount',
            'SentTimestamp',
            'ApproximateFirstReceiveTimestamp',
            'MessageGroupId',
            'MessageDeduplicationId',
          ],
          MessageAttributeNames: [...TASK_ATTRIBUTES],
        }),
      );
      return (messages ?? []).map(received);
    },

    async extend(messages, seconds) {
      const { Failed = [] } = await sqs.send(
        new ChangeMessageVisibilityBatchCommand({
          QueueUrl: queueUrl,
          Entries: messages.map(({ receiptHandle }, index) => ({
            Id: String(index),
            ReceiptHandle: receiptHandle,
            VisibilityTimeout: Math.ceil(seconds),
          })),
        }),
      );
      return Failed.flatMap(({ Id, Code, Message: text }) => {
        const message = messages[Number(Id)];
        return message ? [{ message, reason: `${Code}: ${text ?? 'no message'}` }] : [];
      });
    },
    async release({ receiptHandle }, afterSeconds = 0) {
      await sqs.send(
        new ChangeMessageVisibilityCommand({
          QueueUrl: queueUrl,
          ReceiptHandle: receiptHandle,
          VisibilityTimeout: Math.ceil(afterSeconds),
        }),
      );
    },
    acknowledge: remove,

    async deadLetter(message, reason, taskId) {
      if (deadLetterQueueUrl === undefined)
        throw new Error(`${queueUrl} was opened without its dead-letter queue`);
      await sqs.send(
        new SendMessageCommand({
          QueueUrl: deadLetterQueueUrl,
          MessageBody: message.body,
          ...withAttributes(message.body, {
            // By which it's the same task again when it's redriven.
            taskId,
            contextId: message.attributes.contextId,
            messageId: message.messageId,
            reason: cleanText(reason, REASON_CHARACTERS),
          }),
          ...(isFifo && {
            MessageGroupId: message.groupId ?? message.messageId,
            // If a crash between the two calls causes a second move, SQS drops the duplicate.
            MessageDeduplicationId: message.messageId,
          }),
        }),
      );
      await remove(message);
    },
  };

  /**
   * A FIFO queue rejects the handle of a delivery whose visibility timeout is over, where a standard queue deletes
   * nothing (LocalStack's tests against AWS, localstack/localstack 12442). The next delivery finds the task ended and
   * removes the message.
   */
  async function remove({ receiptHandle }: QueueMessage): Promise<void> {
    try {
      await sqs.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle: receiptHandle }));
    } catch (error) {
      if (!EXPIRED_HANDLE.test((error as Error).message)) throw error;
    }
  }
}

/** Attributes as SQS takes them: as many, in their order, as fit beside the body. The task's record has the reason, too. */
export function withAttributes(
  body: string,
  values: Readonly<Record<string, string | undefined>>,
): { MessageAttributes?: Record<string, MessageAttributeValue> } {
  // SQS takes no empty value.
  const given = Object.entries(values).filter((entry): entry is [string, string] => Boolean(entry[1]));
  let left = MESSAGE_BYTES - Buffer.byteLength(body);
  const fitting = given.filter(([name, value]) => {
    const bytes = name.length + DATA_TYPE.length + Buffer.byteLength(value);
    const fits = bytes <= left;
    if (fits) left -= bytes;
    return fits;
  });
  if (fitting.length === 0) return {};
  return {
    MessageAttributes: Object.fromEntries(
      fitting.map(([name, value]) => [name, { DataType: DATA_TYPE, StringValue: value }]),
    ),
  };
}

function received(message: Message): QueueMessage {
  const {
    MessageId: messageId,
    ReceiptHandle: receiptHandle,
    Body: body,
    Attributes: attributes,
    MessageAttributes,
  } = message;
  if (messageId === undefined || receiptHandle === undefined || body === undefined) {
    throw new Error('SQS returned a message without an id, a receipt handle or a body');
  }
  const { MessageGroupId: groupId, MessageDeduplicationId: deduplicationId } = attributes ?? {};
  return {
    messageId,
    receiptHandle,
    // Receipt handles are long, and different for each receive.
    deliveryId: createHash('sha256').update(receiptHandle).digest('base64url').slice(0, 22),
    body,
    receiveCount: Number(attributes?.ApproximateReceiveCount ?? 1),
    sentAtMs: Number(attributes?.SentTimestamp ?? 0),
    firstReceivedAtMs: Number(attributes?.ApproximateFirstReceiveTimestamp ?? attributes?.SentTimestamp ?? 0),
    ...(groupId !== undefined && { groupId }),
    ...(deduplicationId !== undefined && { deduplicationId }),
    attributes: taskAttributes(MessageAttributes),
  };
}

/** What a message's attributes say of its task. */
export function taskAttributes(given: Message['MessageAttributes'] = {}): QueueMessage['attributes'] {
  return Object.fromEntries(
    TASK_ATTRIBUTES.filter((name) => given[name] !== undefined).map((name) => [
      name,
      given[name]?.StringValue ?? '',
    ]),
  );
}

/** A missing count, or one that isn't a number, is an error, never zero. */
function count(attribute: string | undefined, what: string): number {
  const value = Number(attribute ?? Number.NaN);
  if (!Number.isInteger(value) || value < 0)
    throw new Error(`SQS returned "${attribute}" as the number of messages ${what}`);
  return value;
}
