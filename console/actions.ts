import * as z from 'zod';
import { CALL_FAULTS, SERVICES } from '../local/faults/fault-proxy.ts';

const pool = z.string();

/** Requests from the controls of the page. */
export const actionSchema = z.discriminatedUnion('do', [
  z.strictObject({
    do: z.literal('burst'),
    pool,
    tasks: z.int().min(1).max(2_000),
    durationSeconds: z.number().min(0).max(600),
  }),
  z.strictObject({ do: z.literal('pause'), pool }),
  z.strictObject({ do: z.literal('resume'), pool }),
  z.strictObject({ do: z.literal('pin'), pool, desired: z.int().min(0).max(5_000) }),
  z.strictObject({ do: z.literal('kill'), agent: z.string() }),
  z.strictObject({
    do: z.literal('fault'),
    service: z.enum(SERVICES),
    fault: z.enum(CALL_FAULTS),
    percent: z.number().min(0).max(100),
    seconds: z.number().min(1).max(300),
  }),
]);

export type Action = z.infer<typeof actionSchema>;
