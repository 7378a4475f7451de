import { isWorkingOn, unresponsiveAfterSeconds } from '../core/pool/agent-instance.ts';
import type { PoolConfig } from '../core/pool/config.ts';
import type { ContextTraffic, StoredValue, TaskRecord } from '../core/pool/task-record.ts';
import type { Clock } from '../ports/clock.ts';
import type { PoolStore } from '../ports/pool-store.ts';
import type { QueueMessage, TaskQueue } from '../ports/task-queue.ts';
import type { BeginResult, SentTask, TaskStore } from '../ports/task-store.ts';

type Ports = {
  readonly store: Pick<PoolStore, 'instance'>;
  readonly queue: TaskQueue;
  readonly tasks: TaskStore;
  readonly clock: Pick<Clock, 'now'>;
};

type Received = {
  readonly message: QueueMessage;
  readonly task: SentTask;
  readonly agentId: string;
  /** Failed attempts before the task goes to the dead-letter queue. */
  readonly maxAttempts: number;
  readonly retryBackoff: PoolConfig['retryBackoff'];
  /** Receives before SQS moves the message there by itself. */
  readonly maxReceives: number;
  readonly heartbeatSeconds: number;
};

/**
 * What happened to a message. Only a delivery creates one, so a function that must return it can't forget the message.
 *
 * - `completed`: the task is done and its message is deleted.
 * - `already ended`: the task had ended before, and its message is deleted.
 * - `superseded`: another attempt has taken over.
 * - `retried`: the message is redelivered after a pause that grows with each failure.
 * - `cancelled`: somebody ended the task meanwhile, and its message is deleted.
 * - `returned`: the message is redelivered, at once or later, without using up an attempt.
 * - `left alone`: another attempt is at work on the task. The message comes back, in case that one ends with its agent.
 * - `given up`: the task failed for good, and its message is in the dead-letter queue.
 * - `abandoned`: the message is redelivered when its visibility timeout expires.
 */
export type Disposed = {
  readonly kind:
    | 'completed'
    | 'already ended'
    | 'superseded'
    | 'retried'
    | 'cancelled'
    | 'returned'
    | 'left alone'
    | 'given up'
    | 'abandoned';
  readonly [disposed]: true;
};
declare const disposed: unique symbol;

/** A received message, which must be disposed of. The task's record is written first, then the message is moved. */
export type Delivery = {
  /** Starts the attempt. If the task has already ended or used up its attempts, its message is disposed of. */
  begin(): Promise<
    | { readonly kind: 'begun'; readonly attempt: BegunAttempt }
    | { readonly kind: 'disposed'; readonly disposed: Disposed; readonly reason?: string }
  >;
};

/** A running attempt. */
export type BegunAttempt = {
  readonly task: TaskRecord;
  /** Undefined while this attempt is the one running. An agent that was paused may have been overtaken. */
  overtaken(): Promise<Disposed | undefined>;
  complete(completion: { readonly result: StoredValue; readonly traffic: ContextTraffic }): Promise<Disposed>;
  /** Retries the task after a pause, or gives it up when no attempts are left. */
  fail(reason: string): Promise<Disposed>;
  /** For a task that somebody cancelled. */
  cancelled(): Promise<Disposed>;
  /** For reasons that aren't the task's fault: its agent has to stop, or its context has moved on. */
  returnToQueue(reason: string): Promise<Disposed>;
  /** For a task that can't run now: it comes back after a time. */
  postpone(reason: string, afterSeconds: number): Promise<Disposed>;
  /**
   * Leaves the message to its visibility timeout. With a reason, also records (if it still can) that this attempt
   * doesn't count as failed. Never throws.
   */
  abandon(reason?: string): Promise<Disposed>;
};

export function openDelivery(ports: Ports, received: Received): Delivery {
  const { queue } = ports;
  const { message, maxAttempts } = received;
  return {
    async begin() {
      const begun = await beginAttempt(ports, received);
      if (begun.kind !== 'begun' && begun.task.contextId !== received.task.contextId) {
        const reason = `task ID "${begun.task.id}" belongs to a task of another conversation: send it with another ID`;
        return { kind: 'disposed', disposed: await rejectMessage(ports, message, reason), reason };
      }
      if (begun.kind === 'running') {
        return { kind: 'disposed', disposed: await leaveAlone(ports, received) };
      }
      if (begun.kind === 'ended') {
        if (begun.task.status === 'failed' && !isCancelled(begun.task))
          await queue.deadLetter(message, begun.task.reason, begun.task.id);
        else await queue.acknowledge(message);
        return { kind: 'disposed', disposed: as('already ended') };
      }
      const failures = failedBefore(begun.task);
      if (failures < maxAttempts) return { kind: 'begun', attempt: attemptOf(ports, received, begun.task) };
      const last = begun.task.lastFailure ?? 'its agent ended during the attempt';
      const reason = `failed after ${failures} attempts: ${last}`;
      return { kind: 'disposed', disposed: await giveUp(ports, received, reason), reason };
    },
  };
}

/**
 * SQS may deliver a message twice, and its visibility may end while its agent is at work. The earlier attempt counts
 * until its agent has gone on, ended, or sent no heartbeat for too long.
 */
async function beginAttempt(
  { store, tasks, clock }: Ports,
  { message: { deliveryId }, task, agentId, heartbeatSeconds }: Received,
): Promise<BeginResult> {
  const begun = await tasks.begin(task, { agentId, deliveryId, nowMs: clock.now() });
  if (begun.kind !== 'running') return begun;
  const other = await store.instance(begun.task.agentId);
  const nowMs = clock.now();
  if (other && isWorkingOn(other, task.id, { nowMs, heartbeatSeconds })) return begun;
  return tasks.begin(task, { agentId, deliveryId, nowMs, takesOver: begun.task.attempts });
}

/** Leaves a message to come back, because its task is being worked on. */
export async function leaveAlone({ queue }: Ports, received: Received): Promise<Disposed> {
  await queue.release(received.message, askAgainAfterSeconds(received));
  return as('left alone');
}

/** First when the other agent would be unresponsive if it has just ended, then ever more rarely: tasks take hours. */
function askAgainAfterSeconds({ message: { receiveCount }, heartbeatSeconds }: Received): number {
  const again = Math.max(0, receiveCount - 2);
  return Math.min(unresponsiveAfterSeconds(heartbeatSeconds) * 2 ** again, ASK_AGAIN_AFTER_AT_MOST_SECONDS);
}

const ASK_AGAIN_AFTER_AT_MOST_SECONDS = 900;

function attemptOf(ports: Ports, received: Received, task: TaskRecord): BegunAttempt {
  const { queue, tasks, clock } = ports;
  const { message, maxAttempts, retryBackoff } = received;
  const attempt = { id: task.id, attempt: task.attempts };
  const returned = async (reason: string, afterSeconds: number) => {
    if (isLastReceive(received)) return giveUp(ports, received, lastReceived(received, reason));
    await tasks.retry(attempt, { kind: 'returned', reason });
    await queue.release(message, afterSeconds);
    return as('returned');
  };
  return {
    task,
    async overtaken() {
      const now = await tasks.get(task.id);
      return now?.status === 'running' && now.attempts === task.attempts ? undefined : as('superseded');
    },
    async complete({ result, traffic }) {
      const completed = await tasks.complete(attempt, { nowMs: clock.now(), result, traffic });
      if (completed.kind === 'superseded') {
        const now = await tasks.get(task.id);
        if (isCancelled(now)) return dropped(queue, message);
        if (now?.status !== 'done') return as('superseded');
      }
      await queue.acknowledge(message);
      return as(completed.kind === 'superseded' ? 'already ended' : 'completed');
    },
    async fail(reason) {
      const failures = failedBefore(task) + 1;
      if (failures >= maxAttempts) return giveUp(ports, received, reason);
      if (isLastReceive(received)) return giveUp(ports, received, lastReceived(received, reason));
      await tasks.retry(attempt, { kind: 'failed', reason });
      await queue.release(message, pauseSeconds(failures, retryBackoff));
      return as('retried');
    },
    cancelled: () => dropped(queue, message),
    returnToQueue: (reason) => returned(reason, 0),
    postpone: returned,
    async abandon(reason) {
      if (reason !== undefined)
        await tasks.retry(attempt, { kind: 'returned', reason }).catch(() => undefined);
      return as('abandoned');
    },
  };
}

/**
 * Returns a message whose task this agent must not work on. When many agents are drained at once, most polls still open
 * are theirs, and a message would go from one to the next until SQS moves it to the dead-letter queue. So it comes back
 * later with each receive, until all of them have noticed.
 */
export async function returnUnstarted(ports: Ports, received: Received): Promise<Disposed> {
  if (isLastReceive(received))
    return giveUp(ports, received, lastReceived(received, 'no agent could start it'));
  const again = received.message.receiveCount - 1;
  const afterSeconds = again === 0 ? 0 : Math.min(2 ** (again - 1), RETURNED_AFTER_AT_MOST_SECONDS);
  await ports.queue.release(received.message, afterSeconds);
  return as('returned');
}

const RETURNED_AFTER_AT_MOST_SECONDS = 16;

/** After this receive, SQS would move the message to the dead-letter queue without a reason. */
function isLastReceive({ message, maxReceives }: Received): boolean {
  return message.receiveCount >= maxReceives;
}

function lastReceived({ message }: Received, reason: string): string {
  return `given up after ${message.receiveCount} receives: ${reason}`;
}

/** Fails a message that isn't a task of its pool. Without a readable ID, it has its message's. */
export async function rejectMessage(
  { queue, tasks, clock }: Ports,
  message: QueueMessage,
  reason: string,
): Promise<Disposed> {
  await tasks.fail({ id: message.messageId, sentAtMs: message.sentAtMs }, clock.now(), reason);
  await queue.deadLetter(message, reason);
  return as('given up');
}

async function giveUp(
  { queue, tasks, clock }: Ports,
  { task, message }: Received,
  reason: string,
): Promise<Disposed> {
  await tasks.fail(task, clock.now(), reason);
  // Somebody may have cancelled it meanwhile, and then it hasn't failed.
  if (isCancelled(await tasks.get(task.id))) return dropped(queue, message);
  await queue.deadLetter(message, reason, task.id);
  return as('given up');
}

/** Removes the message of a task that somebody cancelled. */
async function dropped(queue: TaskQueue, message: QueueMessage): Promise<Disposed> {
  await queue.acknowledge(message);
  return as('cancelled');
}

function isCancelled(task: TaskRecord | undefined): boolean {
  return task?.status === 'failed' && task.cancelled === true;
}

function pauseSeconds(
  failures: number,
  { firstSeconds, factor, atMostSeconds }: PoolConfig['retryBackoff'],
): number {
  return Math.min(firstSeconds * factor ** (failures - 1), atMostSeconds);
}

/** Earlier attempts that failed, or ended with their agent. */
function failedBefore({ attempts, returned }: TaskRecord): number {
  return attempts - returned - 1;
}

function as(kind: Disposed['kind']): Disposed {
  return { kind } as Disposed;
}
