import { S3Client } from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import { s3Objects } from '../../shared/aws/s3-objects.ts';
import { parseMessage } from '../../shared/tasks/message.ts';
import { readValue } from '../../shared/tasks/values.ts';

test('an upload has as long as its size needs on a slow line, and not much longer', async () => {
  const deadlines: number[] = [];
  const s3 = new S3Client({
    endpoint: 'http://127.0.0.1:1',
    region: 'us-east-1',
    credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
    forcePathStyle: true,
    requestHandler: {
      handle: async (_request: unknown, options: { requestTimeout?: number } = {}) => {
        deadlines.push(options.requestTimeout ?? 0);
        throw new Error('stopped');
      },
    },
    maxAttempts: 1,
  } as never);
  for (const mebibytes of [0, 60]) {
    await s3Objects(s3, 'bucket')
      .put('key', Buffer.alloc(mebibytes * 2 ** 20))
      .catch(() => {});
  }
  expect(deadlines[0]).toBe(5_000);
  // 60 MiB at 2 Mbit/s are 252 s.
  expect(deadlines[1]).toBeGreaterThan(240_000);
  expect(deadlines[1]).toBeLessThan(300_000);
});

test('a size that a sender states is checked before a byte is fetched', async () => {
  const payload = { kind: 'object', key: 'payloads/p/x.json', bytes: 5e9, sha256: 'a'.repeat(64) } as const;
  const body = JSON.stringify({ agentpool: 1, id: 't', pool: 'p', sentAtMs: 1, payload });
  expect(parseMessage({ messageId: 'm', body, sentAtMs: 1, attributes: {} }, 'p')).toMatchObject({
    kind: 'invalid',
    reason: expect.stringContaining('bytes'),
  });
  const objects = { get: () => expect.fail('fetched') } as never;
  await expect(readValue(objects, payload)).rejects.toThrow('is said to have 5000000000 bytes');
});
