import * as z from 'zod';
import { CALL_FAULTS, SERVICES } from '../local/faults/fault-proxy.ts';

const pool = z.string();

/** Requests from the controls of the page. */
export const actionSchema = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('play') }),
  z.strictObject({ do: z.literal('stop-playing') }),
  /** A recorded burst, by its name. */
  z.strictObject({ do: z.literal('burst'), pool, burst: z.string() }),
  z.strictObject({
    do: z.literal('send'),
    pool,
    tasks: z.int().min(1).max(2_000),
    payload: z.unknown(),
  }),
  z.strictObject({ do: z.literal('pause'), pool }),
  z.strictObject({ do: z.literal('resume'), pool }),
  z.strictObject({ do: z.literal('pin'), pool, desired: z.int().min(0).max(5_000) }),
  /** Values that replace the deployed ones, beside those that already do. */
  z.strictObject({ do: z.literal('set'), pool, values: z.record(z.string(), z.unknown()) }),
  z.strictObject({ do: z.literal('unset'), pool }),
  z.strictObject({ do: z.literal('redrive'), pool, task: z.string() }),
  z.strictObject({ do: z.literal('kill'), agent: z.string() }),
  z.strictObject({
    do: z.literal('fault'),
    service: z.enum(SERVICES),
    fault: z.enum(CALL_FAULTS),
    percent: z.number().min(0).max(100),
    seconds: z.number().min(1).max(300),
  }),
  z.strictObject({ do: z.literal('end-faults') }),
]);

export type Action = z.infer<typeof actionSchema>;
