import type { OutgoingMessage, QueueMessage, TaskQueue } from '../../shared/ports/task-queue.ts';
import type { Engine } from '../engine.ts';
import type { Faults } from '../faults/calls.ts';

type Held = {
  readonly messageId: string;
  readonly id: string;
  readonly body: string;
  readonly groupId: string;
  readonly sentAtMs: number;
  visibleAtMs: number;
  receipts: number;
  handle: string;
};

/** As the stack has it: SQS moves a message by itself after so many receipts. */
const MAX_RECEIVES = 20;
const COUNTS_LAG_MS = 60_000;

/**
 * A queue of SQS with its dead-letter queue: visibility, counts that are behind; of a FIFO queue's groups one message at
 * a time, of a standard queue any, and some twice.
 */
export class Queue {
  readonly messages: Held[] = [];
  readonly dead: { readonly id: string; readonly reason: string }[] = [];
  /** All that were ever sent, in their order. */
  readonly order: string[] = [];
  private readonly waiting = new Set<() => void>();
  private lagging = { atMs: 0, visible: 0, inFlight: 0 };
  private readonly engine: Engine;
  private readonly faults: Faults;
  private readonly isOrdered: boolean;

  constructor(engine: Engine, faults: Faults, ordering: 'fifo' | 'none') {
    this.engine = engine;
    this.faults = faults;
    this.isOrdered = ordering === 'fifo';
  }

  /** The calls that a process makes; `isAlive` tells whether it still holds its long poll. */
  port(isAlive: () => boolean): TaskQueue {
    return {
      counts: async () => this.counts(),
      send: async (messages) => {
        for (const message of messages) this.send(message);
        return [];
      },
      receive: (pollSeconds, visibilitySeconds) => this.receive(pollSeconds, visibilitySeconds, isAlive),
      extend: async (message, seconds) => this.setVisibility(message, seconds),
      release: async (message, afterSeconds = 0) => this.setVisibility(message, afterSeconds),
      acknowledge: async (message) => this.remove(message),
      deadLetter: async (message, reason) => {
        const held = this.messages.find(({ messageId }) => messageId === message.messageId);
        // The move is two calls, of which SQS takes the first only once.
        if (held && !this.dead.some(({ id }) => id === held.id)) this.dead.push({ id: held.id, reason });
        this.remove(message);
      },
    };
  }

  private send({ id, body, groupId }: OutgoingMessage): void {
    // Deduplicated, as within five minutes.
    if (this.order.includes(id)) return;
    this.order.push(id);
    const messageId = `m-${id}`;
    const { nowMs } = this.engine;
    this.messages.push({
      messageId,
      id,
      body,
      groupId: groupId ?? id,
      sentAtMs: nowMs,
      visibleAtMs: nowMs,
      receipts: 0,
      handle: '',
    });
    this.wake();
  }

  private async receive(
    pollSeconds: number,
    visibilitySeconds: number,
    isAlive: () => boolean,
  ): Promise<QueueMessage | undefined> {
    const untilMs = this.engine.nowMs + pollSeconds * 1000;
    for (;;) {
      if (!isAlive() && this.engine.chance.happens('poll outlives its process', 0.5)) return undefined;
      const next = this.next();
      if (next) return this.hand(next, visibilitySeconds);
      if (this.engine.nowMs >= untilMs) return undefined;
      await this.changed(untilMs - this.engine.nowMs);
    }
  }

  /** The oldest message of a group of which none is in flight. */
  private next(): Held | undefined {
    const { nowMs } = this.engine;
    const blocked = new Set<string>();
    for (const message of this.messages) {
      if (!blocked.has(message.groupId) && message.visibleAtMs <= nowMs) {
        if (message.receipts < MAX_RECEIVES) return message;
        this.messages.splice(this.messages.indexOf(message), 1);
        this.dead.push({ id: message.id, reason: `received ${MAX_RECEIVES} times` });
        return this.next();
      }
      if (this.isOrdered) blocked.add(message.groupId);
    }
    return undefined;
  }

  private hand(message: Held, visibilitySeconds: number): QueueMessage {
    message.receipts += 1;
    message.handle = `${message.messageId}/${message.receipts}`;
    message.visibleAtMs = this.engine.nowMs + visibilitySeconds * 1000;
    this.engine.after(visibilitySeconds * 1000, () => this.wake());
    const { messageId, handle, body, groupId, receipts, sentAtMs } = message;
    return { messageId, receiptHandle: handle, body, groupId, receiveCount: receipts, sentAtMs };
  }

  private setVisibility({ messageId, receiptHandle }: QueueMessage, seconds: number): void {
    const held = this.messages.find((each) => each.messageId === messageId);
    if (held?.handle !== receiptHandle || held.visibleAtMs <= this.engine.nowMs) {
      throw new Error('the receipt handle has expired');
    }
    held.visibleAtMs = this.engine.nowMs + seconds * 1000;
    this.engine.after(seconds * 1000, () => this.wake());
  }

  private remove({ messageId, receiptHandle }: QueueMessage): void {
    const index = this.messages.findIndex((each) => each.messageId === messageId);
    const held = this.messages[index];
    // With the handle of an earlier receipt SQS answers well and deletes nothing.
    if (held?.handle === receiptHandle) {
      if (!this.isOrdered && this.faults.strikes('delivered twice', 0.05)) {
        this.engine.tell(`fault: SQS delivers ${held.id} once more`);
        held.handle = '';
      } else this.messages.splice(index, 1);
    }
    this.wake();
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
    for (const wake of [...this.waiting]) wake();
    this.waiting.clear();
  }

  private changed(withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.waiting.add(resolve);
      this.engine.after(withinMs, resolve);
    });
  }
}
