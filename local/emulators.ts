import { mkdir } from 'node:fs/promises';
import type { Server } from 'node:http';
import { join } from 'node:path';
import dynalite from 'dynalite';
import { buildApp } from 'fauxqs';
import * as z from 'zod';
import type { Incoming } from '../shared/tasks/message.ts';
import { listenHere, onlyFromThisMachine } from './from-this-machine.ts';
import { keptQueuesAndObjects } from './kept-queues-and-objects.ts';
import { senderDeduplicationId } from './strict/deduplicate-by-group.ts';
import { startStrictProxy } from './strict/strict-proxy.ts';

/** SQS, S3 and DynamoDB emulators in this process, on loopback ports. */
export type Emulators = {
  readonly sqsAndS3: string;
  readonly dynamo: string;
  /** When a queue's oldest message was sent, which SQS reports only to CloudWatch. Undefined if the queue is empty. */
  oldestSentAtMs(queue: string): Promise<number | undefined>;
  /** The messages that somebody has received, which SQS shows to nobody else. */
  inFlight(queue: string): Promise<readonly { readonly message: Incoming; readonly receiptHandle: string }[]>;
  close(): Promise<void>;
};

/** A message as the emulator keeps it. */
const message = z
  .object({
    messageId: z.string(),
    body: z.string(),
    messageGroupId: z.string().optional(),
    messageDeduplicationId: z.string().optional(),
    sentTimestamp: z.number(),
    messageAttributes: z.record(z.string(), z.object({ StringValue: z.string().optional() })),
  })
  .transform(({ messageId, body, messageGroupId: groupId, ...rest }) => {
    const { messageDeduplicationId: deduplicationId, sentTimestamp: sentAtMs, messageAttributes } = rest;
    const attributes = Object.fromEntries(
      ['taskId', 'contextId'].flatMap((name) => {
        const value = messageAttributes[name]?.StringValue;
        return value === undefined ? [] : [[name, value]];
      }),
    );
    return {
      messageId,
      body,
      sentAtMs,
      attributes,
      ...(groupId !== undefined && { groupId }),
      ...(deduplicationId !== undefined && { deduplicationId: senderDeduplicationId(deduplicationId) }),
    };
  });
const inspected = z.object({
  messages: z.object({
    ready: z.array(message),
    delayed: z.array(message),
    inflight: z.array(z.object({ message, receiptHandle: z.string() })),
  }),
});

export type EmulatorOptions = {
  /** Where everything is kept. Default: in memory. */
  readonly dataDirectory?: string | undefined;
  /** The ports that they should have. Default: any. */
  readonly ports?: { readonly sqsAndS3?: number | undefined; readonly dynamo?: number | undefined };
};

export async function startEmulators({
  dataDirectory,
  ports = {},
}: EmulatorOptions = {}): Promise<Emulators> {
  if (dataDirectory !== undefined) await mkdir(dataDirectory, { recursive: true });
  const kept = dataDirectory === undefined ? undefined : await keptQueuesAndObjects(dataDirectory);
  const fauxqs = buildApp({ logger: false, ...(kept && { stores: kept.stores }) });
  const behind = await fauxqs.listen({ host: '127.0.0.1', port: 0 });
  const strict = await startStrictProxy(behind, ports.sqsAndS3);
  const dynamoServer: Server = dynalite({
    createTableMs: 0,
    ...(dataDirectory !== undefined && { path: join(dataDirectory, 'dynamo') }),
  });
  onlyFromThisMachine(dynamoServer);
  const dynamo = await listenHere(dynamoServer, ports.dynamo);
  async function inspect(queue: string) {
    const response = await fetch(`${behind}/_fauxqs/queues/${queue}`);
    return inspected.parse(await response.json()).messages;
  }
  return {
    sqsAndS3: strict.endpoint,
    dynamo,
    async inFlight(queue) {
      const { inflight } = await inspect(queue);
      return inflight;
    },
    async oldestSentAtMs(queue) {
      const { ready, delayed, inflight } = await inspect(queue);
      const all = [...ready, ...delayed, ...inflight.map(({ message }) => message)];
      return all.length === 0 ? undefined : Math.min(...all.map(({ sentAtMs }) => sentAtMs));
    },
    async close() {
      await strict.close();
      fauxqs.server.closeAllConnections();
      dynamoServer.closeAllConnections();
      await Promise.all([
        fauxqs.close(),
        new Promise<void>((resolve) => dynamoServer.close(() => resolve())),
      ]);
      kept?.close();
    },
  };
}
