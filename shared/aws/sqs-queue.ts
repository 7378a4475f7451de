import { createHash } from 'node:crypto';
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { QueueMessage, TaskQueue } from '../ports/task-queue.ts';
import { cleanText } from '../tasks/clean-text.ts';

type QueueUrls = {
  readonly queueUrl: string;
  /** Only agents need it. */
  readonly deadLetterQueueUrl?: string;
};

/** SQS cuts attributes of a message at nothing, but a reason for people need not be longer. */
const REASON_CHARACTERS = 1_000;

/** A pool's queue on SQS. FIFO queues are told by their name, which must end in `.fifo`. */
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
      const answer = await sqs.send(
        new SendMessageBatchCommand({
          QueueUrl: queueUrl,
          // Ids of entries have a narrower alphabet than those of tasks, so the place in the batch serves.
          Entries: messages.map(({ id, body, groupId }, index) => ({
            Id: String(index),
            MessageBody: body,
            ...(isFifo && { MessageGroupId: groupId ?? id, MessageDeduplicationId: id }),
          })),
        }),
      );
      return (answer.Failed ?? []).map((failure) => ({
        id: messages[Number(failure.Id)]?.id ?? `entry ${failure.Id}`,
        reason: `${failure.Code}: ${failure.Message ?? 'no message'}`,
      }));
    },

    async receive(pollSeconds, visibilitySeconds) {
      const { Messages: messages } = await sqs.send(
        new ReceiveMessageCommand({
          QueueUrl: queueUrl,
          MaxNumberOfMessages: 1,
          WaitTimeSeconds: pollSeconds,
          VisibilityTimeout: visibilitySeconds,
          MessageSystemAttributeNames: ['ApproximateReceiveCount', 'SentTimestamp', 'MessageGroupId'],
        }),
      );
      const [message] = messages ?? [];
      return message && received(message);
    },

    async extend(message, seconds) {
      await changeVisibility(message, seconds);
    },
    async release(message, afterSeconds = 0) {
      await changeVisibility(message, afterSeconds);
    },
    async acknowledge(message) {
      await sqs.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle: message.receiptHandle }));
    },

    async deadLetter(message, reason) {
      if (deadLetterQueueUrl === undefined)
        throw new Error(`${queueUrl} was opened without its dead-letter queue`);
      await sqs.send(
        new SendMessageCommand({
          QueueUrl: deadLetterQueueUrl,
          MessageBody: message.body,
          MessageAttributes: {
            reason: { DataType: 'String', StringValue: cleanText(reason, REASON_CHARACTERS) },
            messageId: { DataType: 'String', StringValue: message.messageId },
          },
          ...(isFifo && {
            MessageGroupId: message.groupId ?? message.messageId,
            // Moving it twice, after a crash between the two calls, leaves one.
            MessageDeduplicationId: message.messageId,
          }),
        }),
      );
      await sqs.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle: message.receiptHandle }));
    },
  };

  async function changeVisibility(message: QueueMessage, seconds: number): Promise<void> {
    await sqs.send(
      new ChangeMessageVisibilityCommand({
        QueueUrl: queueUrl,
        ReceiptHandle: message.receiptHandle,
        VisibilityTimeout: Math.ceil(seconds),
      }),
    );
  }
}

function received(message: Message): QueueMessage {
  const { MessageId: messageId, ReceiptHandle: receiptHandle, Body: body, Attributes: attributes } = message;
  if (messageId === undefined || receiptHandle === undefined || body === undefined) {
    throw new Error('SQS answered with a message without id, receipt handle or body');
  }
  const groupId = attributes?.MessageGroupId;
  return {
    messageId,
    receiptHandle,
    // Handles are long, and different for each receive.
    deliveryId: createHash('sha256').update(receiptHandle).digest('base64url').slice(0, 22),
    body,
    receiveCount: Number(attributes?.ApproximateReceiveCount ?? 1),
    sentAtMs: Number(attributes?.SentTimestamp ?? 0),
    ...(groupId !== undefined && { groupId }),
  };
}

/** A count that is missing or not a number is an error, never zero. */
function count(attribute: string | undefined, what: string): number {
  const value = Number(attribute ?? Number.NaN);
  if (!Number.isInteger(value) || value < 0)
    throw new Error(`SQS gave "${attribute}" as number of messages ${what}`);
  return value;
}
