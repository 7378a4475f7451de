import { randomUUID } from 'node:crypto';
import type { Clock, SnapshotStore, TaskQueue, TaskStore } from '../ports.ts';
import { formatMessage, groupOf, parseId, payloadPrefix } from './message.ts';
import type { TaskRecord } from './record.ts';
import { readValue, storeValue, toJson } from './values.ts';

/** Work to send. Tasks of one context run in the order in which they were sent. */
export type NewTask = {
  /** Sending the same id twice sends one task. @default a new UUID */
  readonly id?: string;
  readonly contextId?: string;
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
   * Sends many tasks and answers with their ids, in order.
   * @throws SendError naming the tasks that could not be sent; the others were.
   */
  sendTasks(tasks: readonly NewTask[]): Promise<readonly string[]>;
  /** Undefined: no such task. */
  getTask(id: string): Promise<Task | undefined>;
  /** Waits until a task has ended. @throws Error when it has not within `timeoutMs`. */
  waitForTask(id: string, timeoutMs: number): Promise<Task>;
};

/**
 * Thrown when some of the tasks could not be sent, with each one's id and reason.
 * @public
 */
export class SendError extends Error {
  override name = 'SendError';
  readonly refused: readonly { readonly id: string; readonly reason: string }[];

  constructor(refused: SendError['refused']) {
    super(
      `${refused.length} task(s) were not sent: ${refused.map(({ id, reason }) => `${id} (${reason})`).join(', ')}`,
    );
    this.refused = refused;
  }
}

type Ports = {
  readonly queue: TaskQueue;
  readonly tasks: TaskStore;
  readonly objects: SnapshotStore;
  readonly clock: Clock;
};

/** SQS takes ten messages a batch. */
const BATCH = 10;
const SEND_ATTEMPTS = 5;

/** The client that sends tasks to one pool and reads what became of them. */
export function taskClient(pool: string, ports: Ports): TaskClient {
  return {
    async sendTask(task) {
      const [id] = await sendTasks(pool, ports, [task]);
      return id as string;
    },
    sendTasks: (tasks) => sendTasks(pool, ports, tasks),
    getTask: (id) => getTask(ports, id),
    async waitForTask(id, timeoutMs) {
      const until = ports.clock.now() + timeoutMs;
      for (let pauseMs = 100; ; pauseMs = Math.min(2 * pauseMs, 2_000)) {
        const task = await getTask(ports, id);
        if (task?.status === 'done' || task?.status === 'failed') return task;
        if (ports.clock.now() >= until) {
          throw new Error(`task ${id} is ${task?.status ?? 'unknown'}, not ended within ${timeoutMs} ms`);
        }
        await ports.clock.sleep(pauseMs);
      }
    },
  };
}

async function sendTasks(pool: string, ports: Ports, tasks: readonly NewTask[]): Promise<readonly string[]> {
  const sentAtMs = ports.clock.now();
  // Everything is checked before anything is sent.
  const prepared = tasks.map((task) => ({
    id: parseId(task.id ?? randomUUID()),
    ...(task.contextId !== undefined && { contextId: parseId(task.contextId) }),
    json: toJson(task.payload, 'the payload'),
  }));
  const refused: { id: string; reason: string }[] = [];
  for (let start = 0; start < prepared.length; start += BATCH) {
    const batch = prepared.slice(start, start + BATCH);
    const created: string[] = [];
    const messages = await Promise.all(
      batch.map(async ({ json, ...task }) => {
        const payload = await storeValue(ports.objects, `${payloadPrefix(pool)}${task.id}.json`, json);
        // The record comes first: a task that can be received can also be asked for.
        const isNew = await ports.tasks.create({ ...task, sentAtMs });
        if (isNew) created.push(task.id);
        else if (await hasStarted(ports, task.id)) return undefined;
        const body = formatMessage({ v: 1, pool, ...task, sentAtMs, payload });
        return { id: task.id, body, groupId: groupOf(task) };
      }),
    );
    const failed = await sendBatch(
      ports,
      messages.filter((message) => message !== undefined),
    );
    await Promise.all(
      failed.filter(({ id }) => created.includes(id)).map(({ id }) => ports.tasks.discard(id)),
    );
    refused.push(...failed);
  }
  if (refused.length > 0) throw new SendError(refused);
  return prepared.map(({ id }) => id);
}

/** A task that nobody has started may never have been sent: its sender may have died in between. */
async function hasStarted({ tasks }: Ports, id: string): Promise<boolean> {
  const record = await tasks.get(id);
  return record !== undefined && (record.status !== 'queued' || record.attempts > 0);
}

/** Sends a batch, and again what SQS refused of it; answers with what it refused to the end. */
async function sendBatch(
  { queue, clock }: Ports,
  messages: readonly { readonly id: string; readonly body: string; readonly groupId: string }[],
): Promise<readonly { readonly id: string; readonly reason: string }[]> {
  let left = messages;
  for (let attempt = 1; left.length > 0; attempt++) {
    const failed = await queue.send(left).catch((error: unknown) => refuseAll(left, error));
    if (failed.length === 0) return [];
    if (attempt === SEND_ATTEMPTS) return failed;
    left = left.filter(({ id }) => failed.some((failure) => failure.id === id));
    await clock.sleep(100 * 2 ** attempt);
  }
  return [];
}

function refuseAll(messages: readonly { readonly id: string }[], error: unknown) {
  const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return messages.map(({ id }) => ({ id, reason }));
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
