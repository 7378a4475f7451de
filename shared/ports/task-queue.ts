import type { QueueCounts } from '../core/observation.ts';

export type QueueMessage = {
  readonly messageId: string;
  readonly receiptHandle: string;
  /** Identifies one receive of the message. Attempts are counted by it. */
  readonly deliveryId: string;
  readonly body: string;
  /** In a FIFO queue, the group whose messages come one at a time; in a standard queue, a tenant, if the sender says so. */
  readonly groupId?: string;
  /** Only in a FIFO queue: the sender's, or the body's SHA-256 in hexadecimal. */
  readonly deduplicationId?: string;
  /** What a sender without an envelope says of its task. Empty: the attribute isn't text. */
  readonly attributes: { readonly taskId?: string; readonly contextId?: string };
  readonly receiveCount: number;
  /** When SQS took it, and when it first handed it to a receiver: both by SQS's clock, epoch milliseconds. */
  readonly sentAtMs: number;
  readonly firstReceivedAtMs: number;
};

/** A message to send. */
export type OutgoingMessage = {
  readonly id: string;
  readonly body: string;
  /** For a FIFO queue only. */
  readonly groupId: string;
  readonly deduplicationId: string;
  /** For a standard queue only: the message group by which SQS is fair to its tenants. */
  readonly tenant?: string | undefined;
};

export type NotExtended = { readonly message: QueueMessage; readonly reason: string };

/** SQS takes or gives this many messages in one call. */
export const BATCH = 10;

export type TaskQueue = {
  counts(): Promise<QueueCounts>;
  /** Sends up to ten messages and returns those that SQS rejected. @throws when it rejects the whole batch. */
  send(
    messages: readonly OutgoingMessage[],
  ): Promise<readonly { readonly id: string; readonly reason: string }[]>;
  /**
   * Waits up to `pollSeconds` (0 to 20) for messages, which then stay invisible for `visibilitySeconds`. Returns at most
   * `atMost` (1 to 10) as soon as there is one. Those of one group are in order, and no others of it follow until these
   * have been removed or are visible again.
   */
  receive(pollSeconds: number, visibilitySeconds: number, atMost: number): Promise<readonly QueueMessage[]>;
  /**
   * Keeps up to ten messages invisible for `seconds` from now. Returns those that it couldn't, because they're no longer
   * this receiver's, with the reason. @throws when the whole call fails.
   */
  extend(messages: readonly QueueMessage[], seconds: number): Promise<readonly NotExtended[]>;
  /** Returns a message to the queue: others can receive it after `afterSeconds`. */
  release(message: QueueMessage, afterSeconds?: number): Promise<void>;
  acknowledge(message: QueueMessage): Promise<void>;
  /**
   * Moves a message to the dead-letter queue, with the reason (cleaned and truncated) as an attribute, and with the task's
   * ID, if it has one.
   */
  deadLetter(message: QueueMessage, reason: string, taskId?: string): Promise<void>;
};
