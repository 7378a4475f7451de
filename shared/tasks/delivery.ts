import type { ContextTraffic, StoredValue, TaskRecord } from '../core/pool/task-record.ts';
import type { Clock } from '../ports/clock.ts';
import type { QueueMessage, TaskQueue } from '../ports/task-queue.ts';
import type { SentTask, TaskStore } from '../ports/task-store.ts';

type Ports = {
  readonly queue: TaskQueue;
  readonly tasks: TaskStore;
  readonly clock: Pick<Clock, 'now'>;
};

type Received = {
  readonly message: QueueMessage;
  readonly task: SentTask;
  readonly agentId: string;
  /** Attempts that may fail before the task is given up. */
  readonly maxAttempts: number;
};

/**
 * What became of a message. Only a delivery makes one, so a function that has to return it cannot forget a message.
 *
 * - `completed`: the task is done and its message deleted.
 * - `superseded`: another attempt has taken over, or the task had ended; there was nothing left to do.
 * - `retried`: it comes back after a pause that grows with its failures.
 * - `returned`: it comes back at once, and no attempt is used up.
 * - `given up`: the task has failed, and its message is in the dead-letter queue.
 * - `abandoned`: it comes back when its visibility timeout is over.
 */
export type Disposed = {
  readonly kind: 'completed' | 'superseded' | 'retried' | 'returned' | 'given up' | 'abandoned';
  readonly [disposed]: true;
};
declare const disposed: unique symbol;

/** A message that was received, and must be disposed of. Its record is written first, then its message is moved. */
export type Delivery = {
  /** Starts the attempt. A task that has ended before, or used up its attempts, is disposed of. */
  begin(): Promise<
    | { readonly kind: 'begun'; readonly attempt: BegunAttempt }
    | { readonly kind: 'disposed'; readonly disposed: Disposed; readonly reason?: string }
  >;
};

/** An attempt that runs. */
export type BegunAttempt = {
  readonly task: TaskRecord;
  /** Undefined while it is the one that runs: an agent that stood still may have been overtaken. */
  overtaken(): Promise<Disposed | undefined>;
  complete(completion: { readonly result: StoredValue; readonly traffic: ContextTraffic }): Promise<Disposed>;
  /** A failure: tried again after a pause, or given up when no attempts are left. */
  fail(reason: string): Promise<Disposed>;
  /** Not the task's fault: its agent has to stop, or its context moved on. */
  returnToQueue(reason: string): Promise<Disposed>;
  /**
   * Leaves the message, which comes back by itself, and with a reason writes that the attempt used none up, if that can
   * still be written. Never throws.
   */
  abandon(reason?: string): Promise<Disposed>;
};

const RETRY_AFTER_AT_MOST_SECONDS = 60;

export function openDelivery(ports: Ports, received: Received): Delivery {
  const { queue, tasks, clock } = ports;
  const { message, task, agentId, maxAttempts } = received;
  return {
    async begin() {
      const { deliveryId } = message;
      const begun = await tasks.begin(task, { agentId, deliveryId, nowMs: clock.now() });
      if (begun.kind === 'ended') {
        if (begun.task.status === 'failed') await queue.deadLetter(message, begun.task.reason);
        else await queue.acknowledge(message);
        return { kind: 'disposed', disposed: as('superseded') };
      }
      const failures = failedBefore(begun.task);
      if (failures < maxAttempts) return { kind: 'begun', attempt: attemptOf(ports, received, begun.task) };
      const last = begun.task.lastFailure ?? 'its agent ended in the middle of it';
      const reason = `tried ${failures} times without completing: ${last}`;
      return { kind: 'disposed', disposed: await giveUp(ports, received, reason), reason };
    },
  };
}

function attemptOf(ports: Ports, received: Received, task: TaskRecord): BegunAttempt {
  const { queue, tasks, clock } = ports;
  const { message, maxAttempts } = received;
  const attempt = { id: task.id, attempt: task.attempts };
  return {
    task,
    async overtaken() {
      const now = await tasks.get(task.id);
      return now?.status === 'running' && now.attempts === task.attempts ? undefined : as('superseded');
    },
    async complete({ result, traffic }) {
      const completed = await tasks.complete(attempt, { nowMs: clock.now(), result, traffic });
      if (completed.kind === 'superseded' && (await tasks.get(task.id))?.status !== 'done')
        return as('superseded');
      await queue.acknowledge(message);
      return as(completed.kind === 'superseded' ? 'superseded' : 'completed');
    },
    async fail(reason) {
      const failures = failedBefore(task) + 1;
      if (failures >= maxAttempts) return giveUp(ports, received, reason);
      await tasks.retry(attempt, { kind: 'failed', reason });
      await queue.release(message, Math.min(2 ** (failures - 1), RETRY_AFTER_AT_MOST_SECONDS));
      return as('retried');
    },
    async returnToQueue(reason) {
      await tasks.retry(attempt, { kind: 'returned', reason });
      await queue.release(message);
      return as('returned');
    },
    async abandon(reason) {
      if (reason !== undefined)
        await tasks.retry(attempt, { kind: 'returned', reason }).catch(() => undefined);
      return as('abandoned');
    },
  };
}

/** A message that is no task of its pool: its record says why, under the id of its message where it has no other. */
export async function rejectMessage(
  { queue, tasks, clock }: Ports,
  message: QueueMessage,
  {
    id = `message-${message.messageId}`,
    reason,
  }: { readonly id?: string | undefined; readonly reason: string },
): Promise<Disposed> {
  await tasks.fail({ id, sentAtMs: message.sentAtMs }, clock.now(), reason);
  await queue.deadLetter(message, reason);
  return as('given up');
}

async function giveUp(
  { queue, tasks, clock }: Ports,
  { task, message }: Received,
  reason: string,
): Promise<Disposed> {
  await tasks.fail(task, clock.now(), reason);
  await queue.deadLetter(message, reason);
  return as('given up');
}

/** Attempts before this one that failed, or ended with their agent. */
function failedBefore({ attempts, returned }: TaskRecord): number {
  return attempts - returned - 1;
}

function as(kind: Disposed['kind']): Disposed {
  return { kind } as Disposed;
}
