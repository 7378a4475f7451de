import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import { GetCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import type { Clock } from '../ports/clock.ts';
import type { Table } from './dynamo-table.ts';
import { stateKey } from './keys.ts';

/** The event with which a client invokes the scaler. */
export const wakeSchema = z.object({ agentpool: z.literal('wake'), pool: z.string() });

/** A pool isn't asked more often whether it's idle. */
const PAUSE_MS = 5_000;

type Ports = {
  readonly table: Table;
  readonly lambda: LambdaClient;
  /** Name or ARN of the scaler's function. */
  readonly scaler: string;
  readonly clock: Clock;
};

/**
 * Returns what a client calls once it has sent a task: if the pool wants no agents, it invokes the scaler, which would
 * otherwise see the task at its next run, within a minute.
 */
export function wakeIdlePool(pool: string, { table, lambda, scaler, clock }: Ports): () => Promise<void> {
  let askedAtMs = Number.NEGATIVE_INFINITY;
  return async () => {
    if (clock.now() < askedAtMs + PAUSE_MS) return;
    askedAtMs = clock.now();
    const { Item: state } = await table.dynamo.send(
      new GetCommand({ TableName: table.table, Key: stateKey(pool), ProjectionExpression: 'desired' }),
    );
    if (state?.['desired'] !== 0) return;
    const event: z.infer<typeof wakeSchema> = { agentpool: 'wake', pool };
    await lambda.send(
      new InvokeCommand({
        FunctionName: scaler,
        InvocationType: 'Event',
        Payload: Buffer.from(JSON.stringify(event)),
      }),
    );
  };
}
