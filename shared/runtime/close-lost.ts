import type { TaskRecord } from '../core/pool/task-record.ts';
import type { Clock } from '../ports/clock.ts';
import type { TaskQueue } from '../ports/task-queue.ts';
import type { TaskStore } from '../ports/task-store.ts';

type Ports = {
  readonly queue: Pick<TaskQueue, 'counts'>;
  readonly tasks: Pick<TaskStore, 'open' | 'lose'>;
  readonly clock: Clock;
};

export type LostTask = { readonly id: string; readonly reason: string };

/** One run closes at most this many. The next one goes on. */
const AT_MOST = 1_000;
/** Younger tasks may still be on their way: SQS's counts lag by a minute, and a sender may take that long. */
const LEAST_AGE_MS = 15 * 60_000;
/** A task that others sent this much later have overtaken isn't in the queue any more. SQS serves roughly in order. */
const OVERTAKEN_MS = 60 * 60_000;
/** Readings in a row that must find the queue empty, and the time between two. */
const EMPTY_READINGS = 3;
const BETWEEN_READINGS_MS = 30_000;

/**
 * Ends the tasks whose messages are gone. SQS drops a message without a word when its retention is over, when the queue
 * is purged or replaced, and moves it when it was received too often. Nothing lists the messages of a queue, so it's
 * found out by what can't be otherwise:
 *
 * - the queue is empty, in flight included, over a minute, and the task is older than that;
 * - the task is older than messages can be;
 * - it has never started, others sent an hour later have, and nothing in its conversation blocks it.
 *
 * If one of them should be wrong, the task runs all the same when its message turns up. @throws what its ports throw.
 */
export async function closeLost(
  { queue, tasks, clock }: Ports,
  { retentionSeconds }: { readonly retentionSeconds: number },
): Promise<readonly LostTask[]> {
  const nowMs = clock.now();
  const open = await tasks.open('oldest', AT_MOST);
  const old = open.filter((task) => nowMs - queuedSinceMs(task) > LEAST_AGE_MS);
  if (old.length === 0) return [];
  const isEmpty = await staysEmpty({ queue, clock });
  const latest = isEmpty ? [] : await tasks.open('latest', AT_MOST);
  const startedUntilMs = Math.max(0, ...[...open, ...latest].filter(hasStarted).map(queuedSinceMs));
  const lost: LostTask[] = [];
  for (const task of old) {
    const reason = reasonOf(task, { nowMs, isEmpty, retentionSeconds, startedUntilMs, open });
    if (reason !== undefined && (await tasks.lose(task, clock.now(), reason)))
      lost.push({ id: task.id, reason });
  }
  return lost;
}

type Evidence = {
  readonly nowMs: number;
  readonly isEmpty: boolean;
  readonly retentionSeconds: number;
  /** When the task that started and was sent last was sent. */
  readonly startedUntilMs: number;
  readonly open: readonly TaskRecord[];
};

function reasonOf(task: TaskRecord, evidence: Evidence): string | undefined {
  const { nowMs, isEmpty, retentionSeconds, startedUntilMs, open } = evidence;
  const ageMs = nowMs - queuedSinceMs(task);
  if (ageMs > 1_000 * retentionSeconds + LEAST_AGE_MS)
    return `its message expired: SQS keeps one for ${Math.round(retentionSeconds / 86_400)} days`;
  if (isEmpty) return 'its message is gone: the queue is empty (purged, replaced, or received too often)';
  if (hasStarted(task) || isBlocked(task, open)) return undefined;
  if (startedUntilMs - queuedSinceMs(task) > OVERTAKEN_MS)
    return 'its message is gone: tasks sent an hour later have started (purged, or received too often)';
  return undefined;
}

/** When its message was sent: by its sender, or by who redrove it. */
function queuedSinceMs({ sentAtMs, queuedAtMs = sentAtMs }: TaskRecord): number {
  return queuedAtMs;
}

function hasStarted({ attempts }: TaskRecord): boolean {
  return attempts > 0;
}

/** Whether an earlier or a started task of its conversation is open, which its message may be waiting for. */
function isBlocked({ id, contextId, sentAtMs }: TaskRecord, open: readonly TaskRecord[]): boolean {
  return open.some(
    (other) =>
      contextId !== undefined &&
      other.contextId === contextId &&
      other.id !== id &&
      (hasStarted(other) || other.sentAtMs <= sentAtMs),
  );
}

async function staysEmpty({ queue, clock }: Pick<Ports, 'queue' | 'clock'>): Promise<boolean> {
  for (let reading = 1; ; reading++) {
    const { visible, inFlight, delayed } = await queue.counts();
    if (visible + inFlight + delayed > 0) return false;
    if (reading === EMPTY_READINGS) return true;
    await clock.sleep(BETWEEN_READINGS_MS);
  }
}
