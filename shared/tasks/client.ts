import { randomUUID } from 'node:crypto';
import { describeError } from '../core/foreign-text.ts';
import { parseId } from '../core/pool/id.ts';
import type { TaskRecord } from '../core/pool/task-record.ts';
import type { Clock } from '../ports/clock.ts';
import { payloadKey } from '../ports/object-keys.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import { isRefusal } from '../ports/refusal.ts';
import type { OutgoingMessage, TaskQueue } from '../ports/task-queue.ts';
import type { TaskStore } from '../ports/task-store.ts';
import { formatEnvelope } from './envelope.ts';
import { deduplicationOf, groupOf, tenantOf } from './message.ts';
import { readValue, sha256, storeValue, toJson } from './values.ts';

/** A task to send. Tasks of one context run in the order they were sent. */
export type NewTask = {
  /** Sending the same id twice sends one task. @default a new UUID */
  readonly id?: string | undefined;
  readonly contextId?: string | undefined;
  /**
   * Whom the task is for. In a pool with `ordering: 'none'`, a tenant with many tasks doesn't hold up the others.
   * @default the context
   */
  readonly tenant?: string | undefined;
  /** Any JSON, up to 64 MiB. */
  readonly payload: unknown;
};

/** A task as its sender sees it. */
export type Task =
  | { readonly id: string; readonly status: 'queued'; readonly lastFailure?: string }
  | { readonly id: string; readonly status: 'running'; readonly progress?: unknown }
  | { readonly id: string; readonly status: 'done'; readonly result: unknown; readonly record: TaskRecord }
  | { readonly id: string; readonly status: 'failed'; readonly reason: string; readonly record: TaskRecord };

export type TaskClient = {
  sendTask(task: NewTask): Promise<string>;
  /**
   * Sends many tasks and returns their ids, in order.
   * @throws SendError naming the tasks that weren't sent, and those that may have been. The others were sent.
   */
  sendTasks(tasks: readonly NewTask[]): Promise<readonly string[]>;
  /** Undefined: no such task. */
  getTask(id: string): Promise<Task | undefined>;
  /**
   * Waits until a task has ended. Calls `onChange` with its first state, and with each new status or progress.
   * @throws Error when it hasn't ended within `timeoutMs`.
   */
  waitForTask(id: string, timeoutMs: number, onChange?: (task: Task) => void): Promise<Task>;
};

/**
 * Thrown when some tasks weren't sent, or may not have been. A lost answer isn't a failure: a task whose fate is unknown
 * may already be running. Sending all of them again, under the same IDs, is safe: each is one task.
 * @public
 */
export class SendError extends Error {
  override name = 'SendError';
  /** Certainly not sent. */
  readonly refused: readonly Unsent[];
  /** Sent, or not: no answer came. */
  readonly unknown: readonly Unsent[];

  constructor({ refused, unknown }: Pick<SendError, 'refused' | 'unknown'>) {
    const each = (unsent: readonly Unsent[]) =>
      unsent.map(({ id, reason }) => `${id} (${reason})`).join(', ');
    super(
      [
        ...(refused.length > 0 ? [`${refused.length} task(s) were not sent: ${each(refused)}`] : []),
        ...(unknown.length > 0 ? [`${unknown.length} task(s) may not have been sent: ${each(unknown)}`] : []),
      ].join('; '),
    );
    this.refused = refused;
    this.unknown = unknown;
  }
}

type Unsent = { readonly id: string; readonly reason: string };

type Ports = {
  readonly queue: TaskQueue;
  readonly tasks: TaskStore;
  readonly objects: ObjectStore;
  readonly clock: Clock;
  /** Called after a send, because the pool may be idle. What it throws is ignored: the scaler runs every minute anyway. */
  readonly wake?: (() => Promise<void>) | undefined;
};

/** SQS accepts ten messages per batch. */
const BATCH = 10;
const SEND_ATTEMPTS = 5;

/** A client that sends tasks to one pool and reads their status and results. */
export function taskClient(pool: string, ports: Ports): TaskClient {
  return {
    async sendTask(task) {
      const [id] = await sendTasks(pool, ports, [task]);
      return id as string;
    },
    sendTasks: (tasks) => sendTasks(pool, ports, tasks),
    getTask: (id) => getTask(ports, id),
    async waitForTask(id, timeoutMs, onChange) {
      const until = ports.clock.now() + timeoutMs;
      let last = '';
      for (let pauseMs = 100; ; pauseMs = Math.min(2 * pauseMs, 2_000)) {
        const task = await getTask(ports, id);
        const state = JSON.stringify(task);
        if (task && state !== last) onChange?.(task);
        last = state;
        if (task?.status === 'done' || task?.status === 'failed') return task;
        if (ports.clock.now() >= until) {
          throw new Error(`task ${id} is ${task?.status ?? 'unknown'}, not ended within ${timeoutMs} ms`);
        }
        await ports.clock.sleep(pauseMs);
      }
    },
  };
}

type Prepared = {
  readonly id: string;
  readonly contextId?: string;
  readonly tenant?: string;
  readonly json: string;
};
/** A task that wasn't sent, or may not have been. */
type Failure = Unsent & { readonly isCertain: boolean };

async function sendTasks(pool: string, ports: Ports, tasks: readonly NewTask[]): Promise<readonly string[]> {
  // Checks everything before sending anything.
  const prepared = tasks.map((task) => ({
    id: parseId(task.id ?? randomUUID(), 'the id of a task'),
    ...(task.contextId !== undefined && { contextId: parseId(task.contextId, 'the id of a context') }),
    ...(task.tenant !== undefined && { tenant: parseId(task.tenant, 'a tenant') }),
    json: toJson(task.payload, 'the payload'),
  }));
  const failures: Failure[] = [];
  let waking: Promise<void> | undefined;
  const brokenContexts = new Set<string>();
  for (const batch of batches(prepared)) {
    // If a turn couldn't be sent, the later turns of its context must not be sent either.
    const [sent, held] = partition(batch, ({ contextId }) => !brokenContexts.has(contextId ?? ''));
    const reason = 'an earlier task of its context was not sent';
    failures.push(...held.map(({ id }) => ({ id, reason, isCertain: true })));
    const failed = await sendBatch(pool, ports, sent);
    failures.push(...failed);
    if (failed.length < sent.length) waking ??= ports.wake?.().catch(() => {});
    for (const { id, contextId } of sent) {
      if (contextId !== undefined && failed.some((failure) => failure.id === id))
        brokenContexts.add(contextId);
    }
  }
  await waking;
  if (failures.length > 0) {
    const [refused, unknown] = partition(failures, ({ isCertain }) => isCertain);
    throw new SendError({ refused: refused.map(unsent), unknown: unknown.map(unsent) });
  }
  return prepared.map(({ id }) => id);
}

function unsent({ id, reason }: Failure): Unsent {
  return { id, reason };
}

/**
 * Batches of up to ten tasks, no two with the same context: SQS may reject one entry and accept later ones, so
 * resending the rejected task would put it behind them.
 */
function batches(tasks: readonly Prepared[]): readonly (readonly Prepared[])[] {
  const all: Prepared[][] = [];
  for (const task of tasks) {
    const batch = all.at(-1);
    const fits = batch && batch.length < BATCH && !batch.some((other) => groupOf(other) === groupOf(task));
    if (fits) batch.push(task);
    else all.push([task]);
  }
  return all;
}

function partition<T>(
  items: readonly T[],
  holds: (item: T) => boolean,
): readonly [readonly T[], readonly T[]] {
  return [items.filter(holds), items.filter((item) => !holds(item))];
}

/** Sends a batch. Returns the tasks that weren't sent, whose records are discarded, and those that may not have been. */
async function sendBatch(
  pool: string,
  ports: Ports,
  batch: readonly Prepared[],
): Promise<readonly Failure[]> {
  const sentAtMs = ports.clock.now();
  const created = new Set<string>();
  const prepare = async ({ json, tenant, ...task }: Prepared) => {
    // The record comes first, so that every task an agent can receive can also be read.
    if (await ports.tasks.create({ ...task, sentAtMs })) created.add(task.id);
    else if (await hasStarted(ports, task.id)) return undefined;
    const key = payloadKey(pool, task.id, sha256(Buffer.from(json)));
    const payload = await storeValue(ports.objects, key, json);
    return {
      id: task.id,
      body: formatEnvelope({ pool, ...task, sentAtMs, payload }),
      groupId: groupOf(task),
      deduplicationId: deduplicationOf(task),
      tenant: tenantOf({ ...task, tenant }),
    };
  };
  const prepared = await Promise.allSettled(batch.map(prepare));
  const messages = prepared.flatMap((one) => (one.status === 'fulfilled' && one.value ? [one.value] : []));
  const unprepared = prepared.flatMap((one, index) =>
    one.status === 'rejected'
      ? [{ id: batch[index]?.id ?? '', reason: describeError(one.reason), isCertain: true }]
      : [],
  );
  const failed = [...unprepared, ...(await sendMessages(ports, messages))];
  const orphans = failed.filter(({ id, isCertain }) => isCertain && created.has(id));
  // A record that can't be discarded stays queued. Sending the same id again sends the task.
  await Promise.allSettled(orphans.map(({ id }) => ports.tasks.discard(id)));
  return failed;
}

/** A task that no agent has started may never have been sent: its sender may have died in between. */
async function hasStarted({ tasks }: Ports, id: string): Promise<boolean> {
  const record = await tasks.get(id);
  return record !== undefined && (record.status !== 'queued' || record.attempts > 0);
}

/** Sends messages, again where SQS rejects some or no answer comes. Returns those that still failed in the end. */
async function sendMessages(
  { queue, clock }: Ports,
  messages: readonly OutgoingMessage[],
): Promise<readonly Failure[]> {
  let left = messages;
  const maybeSent = new Set<string>();
  for (let attempt = 1; left.length > 0; attempt++) {
    const failed = await queue.send(left).catch((error: unknown) => {
      if (!isRefusal(error)) for (const { id } of left) maybeSent.add(id);
      return left.map(({ id }) => ({ id, reason: describeError(error) }));
    });
    if (failed.length === 0) return [];
    // What was unknown once stays so, until a send of it succeeds.
    if (attempt === SEND_ATTEMPTS)
      return failed.map((each) => ({ ...each, isCertain: !maybeSent.has(each.id) }));
    left = left.filter(({ id }) => failed.some((failure) => failure.id === id));
    await clock.sleep(100 * 2 ** attempt);
  }
  return [];
}

async function getTask({ tasks, objects }: Ports, id: string): Promise<Task | undefined> {
  const record = await tasks.get(id);
  if (!record) return undefined;
  switch (record.status) {
    case 'queued':
      return {
        id,
        status: 'queued',
        ...(record.lastFailure !== undefined && { lastFailure: record.lastFailure }),
      };
    case 'running':
      return {
        id,
        status: 'running',
        ...(record.progress && { progress: await readValue(objects, record.progress) }),
      };
    case 'done':
      return { id, status: 'done', result: await readValue(objects, record.result), record };
    case 'failed':
      return { id, status: 'failed', reason: record.reason, record };
    default:
      return record satisfies never;
  }
}
