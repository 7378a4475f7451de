import { cleanText } from '../../shared/core/foreign-text.ts';
import type { TaskRecord } from '../../shared/core/pool/task-record.ts';
import type { Attempt, AttemptResult, TaskStore } from '../../shared/ports/task-store.ts';
import { stored, withChanges } from './items.ts';

/** As the adapter cuts it. */
const REASON_CHARACTERS = 4_000;

/** A task's item: its record, and the delivery that began its attempt. */
export type TaskItem = TaskRecord & { readonly deliveryId?: string };

/** The tasks of one pool as DynamoDB holds them, by ID. */
export function taskRecords(tasks: Map<string, TaskItem>): TaskStore {
  const write = (task: TaskRecord): TaskRecord => {
    tasks.set(task.id, stored(task));
    return visible(tasks.get(task.id) as TaskRecord);
  };
  const change = ({ id, attempt }: Attempt, changes: object, returned = 0): AttemptResult => {
    const task = tasks.get(id);
    if (task?.status !== 'running' || task.attempts !== attempt) return { kind: 'superseded' };
    return {
      kind: 'applied',
      task: write(withChanges(task, { ...changes, returned: task.returned + returned })),
    };
  };
  return {
    create: async ({ id, contextId, sentAtMs }) => {
      const before = tasks.get(id);
      if (before && !isLost(before)) return false;
      const context = contextId === undefined ? {} : { contextId };
      write({ id, ...context, sentAtMs, attempts: 0, returned: 0, status: 'queued' });
      return true;
    },
    discard: async (id) => {
      const task = tasks.get(id);
      if (task?.status === 'queued' && task.attempts === 0) tasks.delete(id);
    },
    get: async (id) => {
      const task = tasks.get(id);
      return task && visible(task);
    },
    open: async (which, atMost) => bySending([...tasks.values()].filter(isOpen), which, atMost),
    failed: async (atMost) =>
      bySending(
        [...tasks.values()].filter(({ status }) => status === 'failed'),
        'latest',
        atMost,
      ),
    lose: async ({ id, status, attempts }, nowMs, reason) => {
      const task = tasks.get(id);
      if (task?.status !== status || task.attempts !== attempts) return false;
      const text = cleanText(reason, REASON_CHARACTERS);
      write(withChanges(task, { status: 'failed', endedAtMs: nowMs, reason: text, lost: true }));
      return true;
    },
    begin: async (sent, { agentId, deliveryId, nowMs, takesOver }) => {
      const task = tasks.get(sent.id);
      if (task && !isOpen(task) && !isLost(task)) return { kind: 'ended', task: visible(task) };
      if (task?.deliveryId === deliveryId) return { kind: 'begun', task: visible(task) };
      if (task?.status === 'running' && task.agentId !== agentId && task.attempts !== takesOver)
        return { kind: 'running', task: visible(task) };
      const before = task ?? { ...sent, attempts: 0, returned: 0, status: 'queued' };
      const begun = withChanges(before as TaskRecord, {
        status: 'running',
        agentId,
        deliveryId,
        attemptStartedAtMs: nowMs,
        startedAtMs: task?.startedAtMs ?? nowMs,
        attempts: before.attempts + 1,
        lost: null,
        endedAtMs: null,
        reason: null,
      });
      return { kind: 'begun', task: write(begun) };
    },
    cancel: async (id, nowMs, reason) => {
      const task = tasks.get(id);
      if (!task || !isOpen(task)) return { kind: task ? 'ended' : 'unknown' };
      const text = cleanText(reason, REASON_CHARACTERS);
      write(
        withChanges(task, {
          status: 'failed',
          endedAtMs: nowMs,
          reason: text,
          cancelled: true,
          progress: null,
        }),
      );
      return { kind: 'cancelled', ...(task.status === 'running' && { agentId: task.agentId }) };
    },
    progress: async (attempt, progress) => change(attempt, { progress }),
    complete: async (attempt, { nowMs, result, traffic }) =>
      change(attempt, { status: 'done', endedAtMs: nowMs, result, traffic, progress: null }),
    retry: async (attempt, { kind, reason }) =>
      change(
        attempt,
        { status: 'queued', lastFailure: cleanText(reason, REASON_CHARACTERS), agentId: null },
        kind === 'returned' ? 1 : 0,
      ),
    fail: async (sent, nowMs, reason) => {
      const task = tasks.get(sent.id);
      if (task?.status === 'done' || (task && isCancelled(task))) return;
      const before = task ?? { ...sent, attempts: 0, returned: 0 };
      const text = cleanText(reason, REASON_CHARACTERS);
      write(
        withChanges(before as TaskRecord, { status: 'failed', endedAtMs: nowMs, reason: text, lost: null }),
      );
    },
  };
}

function bySending(
  tasks: readonly TaskItem[],
  which: 'oldest' | 'latest',
  atMost: number,
): readonly TaskRecord[] {
  const order = which === 'oldest' ? 1 : -1;
  return tasks
    .toSorted((a, b) => order * (a.sentAtMs - b.sentAtMs))
    .slice(0, atMost)
    .map(visible);
}

const isOpen = ({ status }: TaskRecord) => status === 'queued' || status === 'running';
const isCancelled = (task: TaskRecord) => task.status === 'failed' && task.cancelled === true;
const isLost = (task: TaskRecord) => task.status === 'failed' && task.lost === true;

/** Which delivery began an attempt is between the record and the queue. */
function visible<Task extends TaskRecord>(task: Task & { readonly deliveryId?: string }): Task {
  const { deliveryId: _, ...rest } = task;
  return rest as unknown as Task;
}
