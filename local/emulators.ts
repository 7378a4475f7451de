import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import dynalite from 'dynalite';
import { buildApp } from 'fauxqs';

/** SQS, S3 and DynamoDB in this process, each on a port of its own on loopback. */
export type Emulators = {
  readonly sqsAndS3: string;
  readonly dynamo: string;
  close(): Promise<void>;
};

export async function startEmulators(): Promise<Emulators> {
  const fauxqs = buildApp({ logger: false });
  const sqsAndS3 = await fauxqs.listen({ host: '127.0.0.1', port: 0 });
  const dynamoServer: Server = dynalite({ createTableMs: 0 });
  await new Promise<void>((resolve) => dynamoServer.listen(0, '127.0.0.1', resolve));
  return {
    sqsAndS3,
    dynamo: `http://127.0.0.1:${(dynamoServer.address() as AddressInfo).port}`,
    async close() {
      fauxqs.server.closeAllConnections();
      dynamoServer.closeAllConnections();
      await Promise.all([
        fauxqs.close(),
        new Promise<void>((resolve) => dynamoServer.close(() => resolve())),
      ]);
    },
  };
}
