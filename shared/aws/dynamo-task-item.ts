import * as z from 'zod';
import { storedValueSchema } from '../tasks/envelope.ts';
import { withNewNames } from './dynamo-item-names.ts';

const ms = z.number();

const taskFields = {
  id: z.string(),
  contextId: z.string().optional(),
  sentAtMs: ms,
  attempts: z.number(),
  returned: z.number().default(0),
  queuedAtMs: ms.optional(),
  startedAtMs: ms.optional(),
  progress: storedValueSchema.optional(),
  lastFailure: z.string().optional(),
};

/** A task's record as it's stored. It's apart from the other items, because clients read it on older versions of Node. */
export const taskItem = z.preprocess(
  withNewNames,
  z.discriminatedUnion('status', [
    z.object({ ...taskFields, status: z.literal('queued') }),
    z.object({ ...taskFields, status: z.literal('running'), agentId: z.string(), attemptStartedAtMs: ms }),
    z.object({
      ...taskFields,
      status: z.literal('done'),
      agentId: z.string(),
      attemptStartedAtMs: ms,
      endedAtMs: ms,
      result: storedValueSchema,
      traffic: z.object({ bytesRead: z.number(), bytesWritten: z.number(), damage: z.string().optional() }),
    }),
    z.object({
      ...taskFields,
      status: z.literal('failed'),
      endedAtMs: ms,
      reason: z.string(),
      lost: z.literal(true).optional(),
      cancelled: z.literal(true).optional(),
    }),
  ]),
);
