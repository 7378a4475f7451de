import { createHash } from 'node:crypto';
import * as z from 'zod';
import { cleanText } from '../core/foreign-text.ts';
import { encodeId, idSchema } from '../core/pool/id.ts';
import type { StoredValue } from '../core/pool/task-record.ts';
import { objectPrefix } from '../ports/object-keys.ts';
import { MAX_VALUE_BYTES } from './values.ts';

/** A reason quotes what the message says. */
const REASON_CHARACTERS = 500;

export const storedValueSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('inline'), json: z.string() }),
  z.strictObject({
    kind: z.literal('object'),
    key: z.string(),
    bytes: z.int().min(0).max(MAX_VALUE_BYTES),
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
  }),
]) satisfies z.ZodType<StoredValue>;

/** The message format, version 1. */
const messageSchema = z.strictObject({
  v: z.literal(1),
  id: idSchema,
  pool: z.string(),
  contextId: idSchema.optional(),
  sentAtMs: z.int().min(0),
  payload: storedValueSchema,
});

/** A task on its way to an agent. */
export type TaskMessage = z.infer<typeof messageSchema>;

export type ParsedMessage =
  | { readonly kind: 'task'; readonly task: TaskMessage }
  /** No attempt can run it. `id` is the task's id, if the message has a valid one. */
  | { readonly kind: 'invalid'; readonly id: string | undefined; readonly reason: string };

/** A message body: JSON that escapes the characters SQS or its emulators reject. */
export function formatMessage(task: TaskMessage): string {
  return JSON.stringify(task).replaceAll(
    /[\uD800-\uDFFF\uFFFE\uFFFF]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16)}`,
  );
}

/** Parses a message body. Anything but a valid task of this pool is invalid and goes to the dead-letter queue. */
export function parseMessage(body: string, pool: string, groupId: string | undefined): ParsedMessage {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    // The parser's own message quotes its input, which may be secret and would be logged.
    return { kind: 'invalid', id: undefined, reason: `not JSON (${body.length} characters)` };
  }
  const parsed = messageSchema.safeParse(json);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(
      (issue) => `${issue.path.join('.') || 'message'}: ${issue.message}`,
    );
    const id = idSchema.safeParse((json as { id?: unknown } | null)?.id);
    const reason = cleanText(`not a task message: ${problems.join('; ')}`, REASON_CHARACTERS);
    return { kind: 'invalid', id: id.data, reason };
  }
  const task = parsed.data;
  const invalid = (reason: string) =>
    ({ kind: 'invalid', id: task.id, reason: cleanText(reason, REASON_CHARACTERS) }) as const;
  if (task.pool !== pool) return invalid(`sent to pool "${task.pool}", but found in the queue of "${pool}"`);
  if (groupId !== undefined && groupId !== groupOf(task)) {
    return invalid(`message group "${groupId}" doesn't match its context`);
  }
  if (task.payload.kind === 'object' && !task.payload.key.startsWith(objectPrefix('payloads', pool))) {
    return invalid(`payload key "${task.payload.key}" is outside ${objectPrefix('payloads', pool)}`);
  }
  return { kind: 'task', task };
}

/** Tasks of one context share a FIFO message group, so they run in order. A task without a context is its own group. */
export function groupOf(task: { readonly id: string; readonly contextId?: string | undefined }): string {
  return task.contextId === undefined ? `task-${queueId(task.id)}` : queueId(task.contextId);
}

/** A FIFO queue takes a task once in five minutes. */
export function deduplicationOf({ id }: { readonly id: string }): string {
  return queueId(id);
}

/** An ID as SQS takes one: up to 128 letters, digits and punctuation. A hash stands for a longer one. */
function queueId(id: string): string {
  const encoded = encodeId(id);
  return encoded.length <= 100 ? encoded : `!-${createHash('sha256').update(id).digest('base64url')}`;
}
