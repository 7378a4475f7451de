import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import dynalite from 'dynalite';
import { buildApp } from 'fauxqs';
import * as z from 'zod';
import { onlyFromThisMachine } from './from-this-machine.ts';
import { startStrictProxy } from './strict/strict-proxy.ts';

/** SQS, S3 and DynamoDB emulators in this process, on loopback ports. */
export type Emulators = {
  readonly sqsAndS3: string;
  readonly dynamo: string;
  /** When a queue's oldest message was sent, which SQS reports only to CloudWatch. Undefined if the queue is empty. */
  oldestSentAtMs(queue: string): Promise<number | undefined>;
  close(): Promise<void>;
};

const message = z.object({ sentTimestamp: z.number() });
const inspected = z.object({
  messages: z.object({
    ready: z.array(message),
    delayed: z.array(message),
    inflight: z.array(z.object({ message })),
  }),
});

export async function startEmulators(): Promise<Emulators> {
  const fauxqs = buildApp({ logger: false });
  const behind = await fauxqs.listen({ host: '127.0.0.1', port: 0 });
  const strict = await startStrictProxy(behind);
  const dynamoServer: Server = dynalite({ createTableMs: 0 });
  onlyFromThisMachine(dynamoServer);
  await new Promise<void>((resolve) => dynamoServer.listen(0, '127.0.0.1', resolve));
  return {
    sqsAndS3: strict.endpoint,
    dynamo: `http://127.0.0.1:${(dynamoServer.address() as AddressInfo).port}`,
    async oldestSentAtMs(queue) {
      const response = await fetch(`${behind}/_fauxqs/queues/${queue}`);
      const { ready, delayed, inflight } = inspected.parse(await response.json()).messages;
      const all = [...ready, ...delayed, ...inflight.map(({ message }) => message)];
      return all.length === 0 ? undefined : Math.min(...all.map(({ sentTimestamp }) => sentTimestamp));
    },
    async close() {
      await strict.close();
      fauxqs.server.closeAllConnections();
      dynamoServer.closeAllConnections();
      await Promise.all([
        fauxqs.close(),
        new Promise<void>((resolve) => dynamoServer.close(() => resolve())),
      ]);
    },
  };
}
