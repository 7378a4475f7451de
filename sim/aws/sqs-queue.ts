import { cleanText } from '../../shared/core/foreign-text.ts';
import type { NotExtended, OutgoingMessage, QueueMessage, TaskQueue } from '../../shared/ports/task-queue.ts';
import type { Engine } from '../engine.ts';
import { type FaultSource, NO_FAULTS } from './faults.ts';
import {
  AwsRefusal,
  COUNTS_LAG_MS,
  checkBatch,
  checkEntries,
  checkMessage,
  checkReceived,
  checkVisibility,
  checkWait,
  DEDUPLICATION_MS,
  type SqsMessage,
} from './limits.ts';

type Held = SqsMessage & {
  readonly deduplicationId: string;
  readonly messageId: string;
  readonly id: string;
  readonly groupId: string;
  readonly sentAtMs: number;
  visibleAtMs: number;
  firstReceivedAtMs: number;
  receivedAtMs: number;
  receipts: number;
  handle: string;
};

type Poll = {
  readonly pollSeconds: number;
  readonly visibilitySeconds: number;
  readonly atMost: number;
};

/** Why a message is in the dead-letter queue: an agent's reason, or `undefined` when SQS moved it by itself. */
export type DeadLetter = { readonly id: string; readonly reason: string | undefined };

/** As the adapter cuts it. */
const REASON_CHARACTERS = 1_000;

export type QueueOptions = {
  readonly ordering: 'fifo' | 'none';
  /** SQS moves a message by itself when it has been received so often; as the stack has it. */
  readonly maxReceives?: number;
  /** As the stack has it: seven days. */
  readonly retentionMs?: number;
  readonly faults?: FaultSource;
};

/**
 * A queue of SQS with its dead-letter queue, on virtual time: visibility, long polls, deduplication, retention, and
 * counts that are behind. A FIFO queue hands out one message of a group at a time, a standard queue any.
 */
export class SqsQueue {
  readonly messages: Held[] = [];
  readonly dead: DeadLetter[] = [];
  /** Ids of all messages that were ever taken, in their order. */
  readonly order: string[] = [];
  readonly purged = new Set<string>();
  readonly purgedInFlight = new Set<string>();
  private readonly sentAtMs = new Map<string, number>();
  private readonly deadAtMs = new Map<string, number>();
  /** The task's ID of each message ever taken. */
  private readonly ids = new Map<string, string>();
  private readonly polls = new Set<() => void>();
  private handed = 0;
  private lagging = { atMs: Number.NEGATIVE_INFINITY, visible: 0, inFlight: 0 };
  private readonly engine: Engine;
  private readonly faults: FaultSource;
  private readonly isOrdered: boolean;
  private readonly maxReceives: number;
  private readonly retentionMs: number;

  constructor(
    engine: Engine,
    { ordering, maxReceives = 20, retentionMs = 7 * 86_400_000, faults = NO_FAULTS }: QueueOptions,
  ) {
    this.engine = engine;
    this.faults = faults;
    this.isOrdered = ordering === 'fifo';
    this.maxReceives = maxReceives;
    this.retentionMs = retentionMs;
  }

  /** The calls that a process makes; `isAlive` says whether it still holds its long poll. */
  port(isAlive: () => boolean = () => true): TaskQueue {
    return {
      counts: async () => this.counts(),
      send: async (messages) => this.send(messages),
      receive: (pollSeconds, visibilitySeconds, atMost) =>
        this.receive({ pollSeconds, visibilitySeconds, atMost }, isAlive),
      extend: async (messages, seconds) => this.extend(messages, Math.ceil(seconds)),
      release: async (message, afterSeconds = 0) => this.setVisibility(message, Math.ceil(afterSeconds)),
      acknowledge: async (message) => this.remove(message),
      deadLetter: async (message, reason) => this.deadLetter(message, cleanText(reason, REASON_CHARACTERS)),
    };
  }

  /** Drops every message, in flight or not (PurgeQueue). What is in flight no longer blocks its group. */
  purge(): void {
    for (const { id, visibleAtMs } of this.messages.splice(0)) {
      this.purged.add(id);
      if (visibleAtMs > this.engine.nowMs) this.purgedInFlight.add(id);
    }
  }

  /** Moves a visible message to the dead-letter queue, as SQS does instead of one more receive: without a reason. */
  moveToDeadLetters(message: Held): void {
    this.take(message);
    this.dead.push({ id: message.id, reason: undefined });
  }

  private send(
    outgoing: readonly OutgoingMessage[],
  ): readonly { readonly id: string; readonly reason: string }[] {
    if (outgoing.length === 0) return [];
    checkBatch(outgoing);
    return outgoing.flatMap((message) => {
      try {
        checkMessage(this.isOrdered ? message : { body: message.body, groupId: message.tenant });
      } catch (error) {
        if (!(error instanceof AwsRefusal)) throw error;
        return [{ id: message.id, reason: `${error.name}: ${error.message}` }];
      }
      this.add(message);
      return [];
    });
  }

  private add({ id, body, groupId, deduplicationId, tenant }: OutgoingMessage): void {
    const { nowMs } = this.engine;
    // "DeduplicationScope": messageGroup, as the stack has it.
    const inGroup = `${groupId} ${deduplicationId}`;
    const before = this.sentAtMs.get(inGroup);
    if (this.isOrdered && before !== undefined && nowMs - before < DEDUPLICATION_MS) return;
    this.sentAtMs.set(inGroup, nowMs);
    if (!this.order.includes(id)) this.order.push(id);
    const messageId = `m-${id}-${this.ids.size}`;
    this.ids.set(messageId, id);
    this.messages.push({
      messageId,
      id,
      body,
      groupId: this.isOrdered ? groupId : (tenant ?? ''),
      deduplicationId,
      sentAtMs: nowMs,
      visibleAtMs: nowMs,
      firstReceivedAtMs: nowMs,
      receivedAtMs: nowMs,
      receipts: 0,
      handle: '',
    });
    this.wake();
  }

  private async receive(
    { pollSeconds, visibilitySeconds, atMost }: Poll,
    isAlive: () => boolean,
  ): Promise<readonly QueueMessage[]> {
    checkWait(pollSeconds);
    checkVisibility(visibilitySeconds, 0);
    checkReceived(atMost);
    const untilMs = this.engine.nowMs + pollSeconds * 1000;
    for (;;) {
      if (!isAlive() && this.engine.chance.happens('poll outlives its process', 0.5)) return [];
      const next = this.next(atMost);
      if (next.length > 0) return next.map((message) => this.hand(message, visibilitySeconds));
      if (this.engine.nowMs >= untilMs) return [];
      await this.changed(untilMs - this.engine.nowMs);
    }
  }

  /**
   * The oldest messages whose groups have none in flight. "It is possible to receive multiple messages from the same
   * message group ID" in one call, in their order (FIFO delivery logic).
   */
  private next(atMost: number): readonly Held[] {
    const { nowMs } = this.engine;
    const blocked = new Set<string>();
    const next: Held[] = [];
    for (const message of [...this.messages]) {
      if (next.length === atMost) break;
      if (nowMs - message.sentAtMs >= this.retentionMs) this.take(message);
      else if (blocked.has(message.groupId) || message.visibleAtMs > nowMs) {
        if (this.isOrdered) blocked.add(message.groupId);
      } else if (message.receipts < this.maxReceives) next.push(message);
      else this.moveToDeadLetters(message);
    }
    return next;
  }

  private extend(messages: readonly QueueMessage[], seconds: number): readonly NotExtended[] {
    checkEntries(messages.length, 'ChangeMessageVisibilityBatchRequestEntry');
    return messages.flatMap((message) => {
      try {
        this.setVisibility(message, seconds);
        return [];
      } catch (error) {
        if (!(error instanceof AwsRefusal)) throw error;
        return [{ message, reason: `${error.name}: ${error.message}` }];
      }
    });
  }

  private hand(message: Held, visibilitySeconds: number): QueueMessage {
    if (message.receipts === 0) message.firstReceivedAtMs = this.engine.nowMs;
    message.receipts += 1;
    this.handed += 1;
    message.handle = `${message.messageId}/${this.handed}`;
    message.receivedAtMs = this.engine.nowMs;
    this.hide(message, visibilitySeconds);
    this.mayCopy(message);
    const { messageId, handle, body, groupId, deduplicationId, receipts, sentAtMs, firstReceivedAtMs } =
      message;
    return {
      messageId,
      receiptHandle: handle,
      deliveryId: handle,
      body,
      ...(groupId !== '' && { groupId }),
      ...(this.isOrdered && { deduplicationId }),
      attributes: {},
      receiveCount: receipts,
      sentAtMs,
      firstReceivedAtMs,
    };
  }

  private setVisibility({ receiptHandle }: QueueMessage, seconds: number): void {
    const held = this.held(receiptHandle);
    if (!held || held.visibleAtMs <= this.engine.nowMs)
      throw this.isOrdered
        ? new AwsRefusal(
            'InvalidParameterValue',
            `Value ${receiptHandle} for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired.`,
          )
        : new AwsRefusal('MessageNotInflight', 'The specified message is not in flight.');
    checkVisibility(seconds, this.engine.nowMs - held.receivedAtMs);
    this.hide(held, seconds);
  }

  /**
   * "On rare occasions, one of the servers that stores a copy of a message might be unavailable when you receive or
   * delete a message […] and you might get that message copy again" (At-least-once delivery): a standard queue only.
   */
  private mayCopy(message: Held): void {
    if (this.isOrdered || !this.faults.strikes('delivered twice', 0.05)) return;
    this.engine.log(`fault: SQS delivers ${message.id} once more`);
    const copy = { ...message, handle: '' };
    this.messages.push(copy);
    this.hide(copy, this.engine.chance.between('copy', 0, 60));
  }

  private hide(message: Held, seconds: number): void {
    message.visibleAtMs = this.engine.nowMs + seconds * 1000;
    this.engine.after(seconds * 1000, () => this.wake());
  }

  /** Two calls. A FIFO dead-letter queue deduplicates the first by the message's ID, for five minutes. */
  private deadLetter(message: QueueMessage, reason: string): void {
    const { messageId } = message;
    checkMessage({ body: message.body, attributes: { reason, messageId } });
    const { nowMs } = this.engine;
    const before = this.deadAtMs.get(messageId);
    if (!this.isOrdered || before === undefined || nowMs - before >= DEDUPLICATION_MS) {
      this.deadAtMs.set(messageId, nowMs);
      this.dead.push({ id: this.ids.get(messageId) ?? messageId, reason });
    }
    this.remove(message);
  }

  private remove({ receiptHandle }: QueueMessage): void {
    const held = this.held(receiptHandle);
    // With the handle of an earlier receive SQS returns success and deletes nothing.
    if (held) this.take(held);
    this.wake();
  }

  private held(handle: string): Held | undefined {
    return this.messages.find((each) => each.handle === handle);
  }

  private take(message: Held): void {
    this.messages.splice(this.messages.indexOf(message), 1);
  }

  private counts() {
    const { nowMs } = this.engine;
    const inFlight = this.messages.filter(({ visibleAtMs }) => visibleAtMs > nowMs).length;
    const now = { atMs: nowMs, visible: this.messages.length - inFlight, inFlight };
    const isStale = nowMs - this.lagging.atMs < COUNTS_LAG_MS && this.faults.strikes('stale counts', 0.2);
    if (!isStale) this.lagging = now;
    return { visible: this.lagging.visible, inFlight: this.lagging.inFlight, delayed: 0 };
  }

  private wake(): void {
    for (const wake of [...this.polls]) wake();
    this.polls.clear();
  }

  private changed(withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.polls.add(resolve);
      this.engine.after(withinMs, resolve);
    });
  }
}
