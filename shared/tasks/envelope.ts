import * as z from 'zod';
import { idSchema } from '../core/pool/id.ts';
import type { StoredValue } from '../core/pool/task-record.ts';
import { MAX_VALUE_BYTES } from './values.ts';

export const storedValueSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('inline'), json: z.string().meta({ description: 'The value as JSON.' }) }),
  z
    .strictObject({
      kind: z.literal('object'),
      key: z.string().meta({ description: 'Key in the context bucket, below payloads/POOL/ for a payload.' }),
      bytes: z.int().min(0).max(MAX_VALUE_BYTES).meta({ description: 'Size of the JSON.' }),
      sha256: z
        .string()
        .regex(/^[0-9a-f]{64}$/)
        .meta({ description: 'Of the JSON in UTF-8, in hexadecimal.' }),
    })
    .meta({
      description: 'JSON in UTF-8 in the context bucket, for payloads that are too large for a message.',
    }),
]) satisfies z.ZodType<StoredValue>;

/** What all bodies of this project's clients have, and payloads of others hardly ever. */
const MARK = 'agentpool';

/** A task, with everything its sender says of it. */
export const taskMessageSchema = z.strictObject({
  id: idSchema.meta({ description: 'Sending the same ID twice sends one task.', minLength: 1 }),
  pool: z.string().meta({ description: 'The pool whose queue the message is sent to.' }),
  contextId: idSchema
    .optional()
    .meta({ description: 'The conversation. A FIFO queue takes it as the message group.', minLength: 1 }),
  sentAtMs: z.int().min(0).meta({ description: 'Milliseconds since 1970.' }),
  payload: storedValueSchema,
});

/** The envelope, version 1: the body of a message with an ID of its own, or with a payload in S3. */
export const envelopeSchema = taskMessageSchema.extend({
  [MARK]: z.literal(1).meta({ description: 'The version of the envelope.' }),
});

/** A task on its way to an agent. */
export type TaskMessage = z.infer<typeof taskMessageSchema>;

/** A message body: JSON that escapes the characters SQS or its emulators reject. */
export function formatEnvelope(task: TaskMessage): string {
  return JSON.stringify({ [MARK]: 1, ...task }).replaceAll(
    /[\uD800-\uDFFF\uFFFE\uFFFF]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16)}`,
  );
}

/** Whether a body is meant as an envelope, valid or not. Earlier versions had no mark. */
export function isEnvelope(json: unknown): json is Readonly<Record<string, unknown>> {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return false;
  return MARK in json || taskMessageSchema.extend({ v: z.literal(1) }).safeParse(json).success;
}

/** The task in an envelope. */
export function parseEnvelope({
  v: _,
  ...json
}: Readonly<Record<string, unknown>>): z.ZodSafeParseResult<TaskMessage> {
  const parsed = envelopeSchema.safeParse({ [MARK]: 1, ...json });
  if (!parsed.success) return parsed as z.ZodSafeParseResult<TaskMessage>;
  const { [MARK]: _version, ...task } = parsed.data;
  return { success: true, data: task };
}
