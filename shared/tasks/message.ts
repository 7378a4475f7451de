import { createHash } from 'node:crypto';
import { cleanText } from '../core/foreign-text.ts';
import { encodeId, idSchema } from '../core/pool/id.ts';
import { objectPrefix } from '../ports/object-keys.ts';
import type { QueueMessage } from '../ports/task-queue.ts';
import type { TaskStore } from '../ports/task-store.ts';
import { isEnvelope, parseEnvelope, type TaskMessage } from './envelope.ts';

export type ParsedMessage =
  | {
      readonly kind: 'task';
      readonly form: 'envelope' | 'bare';
      readonly task: TaskMessage;
      /** The task's ID, if another conversation has a task under the deduplication ID. */
      readonly otherwise?: string;
    }
  /** No attempt can run it. It isn't taken at its word for whose it is: the task's ID may be another one's. */
  | { readonly kind: 'invalid'; readonly reason: string };

/** What a message says, wherever it was found: only a FIFO queue's message has a deduplication ID. */
export type Incoming = Pick<
  QueueMessage,
  'messageId' | 'body' | 'groupId' | 'deduplicationId' | 'sentAtMs' | 'attributes'
>;

/** A reason quotes what the message says. */
const REASON_CHARACTERS = 500;

/**
 * The task that a message is. Any message is one: a body that's no envelope is the payload, as JSON or else as a string.
 * An envelope that isn't valid, and an ID that isn't one, go to the dead-letter queue.
 */
export function parseMessage(message: Incoming, pool: string): ParsedMessage {
  const json = jsonOf(message.body);
  return isEnvelope(json) ? enveloped(json, message, pool) : bare(json, message, pool);
}

function enveloped(
  json: Readonly<Record<string, unknown>>,
  { groupId, deduplicationId }: Incoming,
  pool: string,
): ParsedMessage {
  const parsed = parseEnvelope(json);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(
      (issue) => `${issue.path.join('.') || 'message'}: ${issue.message}`,
    );
    return invalid(`not a valid envelope (docs/envelope.md): ${problems.join('; ')}`);
  }
  const task = parsed.data;
  if (task.pool !== pool) return invalid(`sent to pool "${task.pool}", but found in the queue of "${pool}"`);
  const groups = [groupOf(task), ...(json['v'] === 1 ? [formerGroupOf(task)] : [])];
  if (deduplicationId !== undefined && !groups.includes(groupId ?? '')) {
    return invalid(`message group "${groupId}" doesn't match its context: expected "${groupOf(task)}"`);
  }
  if (task.payload.kind === 'object' && !task.payload.key.startsWith(objectPrefix('payloads', pool))) {
    return invalid(`payload key "${task.payload.key}" is outside ${objectPrefix('payloads', pool)}`);
  }
  return { kind: 'task', form: 'envelope', task };
}

/**
 * A message of any sender. Its ID is its attribute `taskId`, or its deduplication ID, unless SQS made that from the body,
 * or the message's ID. Its conversation is its group in a FIFO queue, and its attribute `contextId` in a standard queue,
 * where a group stands for a tenant.
 */
function bare(
  json: unknown,
  { messageId, body, groupId, deduplicationId, sentAtMs, attributes }: Incoming,
  pool: string,
): ParsedMessage {
  const isFifo = deduplicationId !== undefined;
  if (isFifo && attributes.contextId !== undefined && attributes.contextId !== groupId) {
    return invalid(
      `attribute contextId "${attributes.contextId}" isn't the message group "${groupId}": in a FIFO queue, the group is the conversation`,
    );
  }
  const deduplicated = isFifo && deduplicationId !== sha256(body) ? deduplicationId : undefined;
  const id = idSchema.safeParse(attributes.taskId ?? deduplicated ?? messageId);
  const contextId = idSchema.optional().safeParse(attributes.contextId ?? (isFifo ? groupId : undefined));
  if (!id.success || !contextId.success) {
    const [name, { error }] = id.success ? (['contextId', contextId] as const) : (['taskId', id] as const);
    return invalid(`attribute ${name}: ${error?.issues[0]?.message}`);
  }
  const task: TaskMessage = {
    id: id.data,
    pool,
    ...(contextId.data !== undefined && { contextId: contextId.data }),
    sentAtMs,
    payload: { kind: 'inline', json: json === undefined ? JSON.stringify(body) : body },
  };
  const isUniqueInGroup = attributes.taskId === undefined && deduplicated !== undefined;
  return { kind: 'task', form: 'bare', task, ...(isUniqueInGroup && { otherwise: messageId }) };
}

/** Undefined: not JSON. */
function jsonOf(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return undefined;
  }
}

/**
 * The task under an ID of its own. SQS takes the same deduplication ID once in each group, for different tasks; and a task
 * that's sent again in its conversation is the same one.
 */
export async function identified(
  { task, otherwise }: Extract<ParsedMessage, { kind: 'task' }>,
  tasks: Pick<TaskStore, 'get'>,
): Promise<TaskMessage> {
  if (otherwise === undefined) return task;
  const known = await tasks.get(task.id);
  return known && known.contextId !== task.contextId ? { ...task, id: otherwise } : task;
}

/** Tasks of one context share a FIFO message group, so they run in order. A task without a context is its own group. */
export function groupOf(task: { readonly id: string; readonly contextId?: string | undefined }): string {
  return task.contextId === undefined ? queueId(`task-${task.id}`) : queueId(task.contextId);
}

/** The group that clients used whose envelopes had no mark. */
function formerGroupOf({
  id,
  contextId,
}: {
  readonly id: string;
  readonly contextId?: string | undefined;
}): string {
  const name = (of: string) => {
    const encoded = encodeId(of);
    return encoded.length <= 100 ? encoded : `!-${createHash('sha256').update(of).digest('base64url')}`;
  };
  return contextId === undefined ? `task-${name(id)}` : name(contextId);
}

/** The message group in a standard queue, which is fair to groups and doesn't order them (Amazon SQS fair queues). */
export function tenantOf({
  contextId,
  tenant = contextId,
}: {
  readonly contextId?: string | undefined;
  readonly tenant?: string | undefined;
}): string | undefined {
  return tenant === undefined ? undefined : queueId(tenant);
}

/** A FIFO queue takes a task once in five minutes. */
export function deduplicationOf({ id }: { readonly id: string }): string {
  return queueId(id);
}

/** "up to 128 alphanumeric characters and punctuation" (SendMessage, MessageGroupId). */
const QUEUE_ID = /^(?!!-)[!-~]{1,128}$/;

/** An ID as SQS takes one: itself, so that other senders reach the same conversation, or a hash. */
function queueId(id: string): string {
  return QUEUE_ID.test(id) ? id : `!-${createHash('sha256').update(id).digest('base64url')}`;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function invalid(reason: string): ParsedMessage {
  return { kind: 'invalid', reason: cleanText(reason, REASON_CHARACTERS) };
}
