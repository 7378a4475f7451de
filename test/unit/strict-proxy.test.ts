// Covers: local/strict/strict-proxy.ts, local/strict/check-sqs.ts, local/strict/check-s3.ts, local/strict/list-objects.ts, local/forward.ts
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { afterEach, expect, test } from 'vitest';
import { checkS3Call } from '../../local/strict/check-s3.ts';
import { checkSqsCall } from '../../local/strict/check-sqs.ts';
import { listAllInstead, pageOf } from '../../local/strict/list-objects.ts';
import { startStrictProxy } from '../../local/strict/strict-proxy.ts';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function proxyTo(target: Server): Promise<string> {
  await new Promise<void>((resolve) => target.listen(0, '127.0.0.1', resolve));
  const proxy = await startStrictProxy(`http://127.0.0.1:${(target.address() as AddressInfo).port}`);
  closing.push(proxy.close, async () => target.close());
  return proxy.endpoint;
}

const batch = (entries: readonly object[]) => ({
  method: 'POST',
  headers: { 'x-amz-target': 'AmazonSQS.SendMessageBatch' },
  body: JSON.stringify({ QueueUrl: 'q', Entries: entries }),
});

test('a call whose target breaks off in the middle of its response breaks off too', async () => {
  const endpoint = await proxyTo(
    createServer((_request, response) => {
      response.writeHead(200, { 'content-length': 1_000 });
      response.write('ten bytes.', () => response.destroy());
    }),
  );
  await expect(fetch(endpoint).then((response) => response.text())).rejects.toThrow();
});

test('a batch goes on without the entries that SQS refuses, and with every attribute of the others', async () => {
  const received: unknown[] = [];
  const endpoint = await proxyTo(
    createServer(async (request, response) => {
      received.push(await json(request));
      response.end(JSON.stringify({ Successful: [{ Id: '1' }] }));
    }),
  );
  const good = {
    Id: '1',
    MessageBody: 'fine',
    MessageAttributes: { b: { DataType: 'Binary', BinaryValue: 'AQ==' } },
  };
  const bad = { Id: '2', MessageBody: 'fine', MessageGroupId: 'a b' };
  const response = await fetch(endpoint, batch([good, bad]));
  expect(received).toEqual([{ QueueUrl: 'q', Entries: [good] }]);
  expect(await response.json()).toMatchObject({
    Successful: [{ Id: '1' }],
    Failed: [{ Id: '2', SenderFault: true }],
  });
});

test('a batch in which SQS refuses every entry does not reach the emulator', async () => {
  const endpoint = await proxyTo(createServer((_request, response) => response.writeHead(500).end()));
  const response = await fetch(endpoint, batch([{ Id: '1', MessageBody: '\u0000' }]));
  expect(await response.json()).toMatchObject({ Successful: [], Failed: [{ Id: '1' }] });
});

test.each([
  [
    'SendMessage',
    { MessageBody: 'a', MessageAttributes: { reason: { DataType: 'String', StringValue: '' } } },
  ],
  ['SendMessage', { MessageBody: 'a', MessageGroupId: 'ä' }],
  ['ChangeMessageVisibility', { VisibilityTimeout: 43_201 }],
  ['ReceiveMessage', { WaitTimeSeconds: 21 }],
])('%s with %j is refused', (operation, input) => {
  expect(checkSqsCall(operation, input).kind).toBe('refused');
});

test('a call that is malformed, or none that is known, is left to the emulator', () => {
  expect(checkSqsCall('SendMessage', { MessageBody: 7 }).kind).toBe('passed');
  expect(checkSqsCall('ListQueues', undefined).kind).toBe('passed');
});

test('an object may not be written under a key of more than 1,024 bytes', () => {
  expect(checkS3Call('PUT', `/bucket/${'x'.repeat(1_025)}`)?.name).toBe('KeyTooLongError');
  expect(checkS3Call('GET', `/bucket/${'x'.repeat(1_025)}`)).toBeUndefined();
  expect(checkS3Call('PUT', '/bucket')).toBeUndefined();
});

test('a list of objects is paged in the order of bytes, and no key is left out', () => {
  const keys = ['p/a-b/1', 'p/a!2F/1', 'p/a/1', 'p/a&b', 'p/\u{10000}', 'p/\uFFFD'];
  const xml = keys
    .map((key) => `<Contents><Key>${key.replace('&', '&amp;')}</Key><Size>1</Size></Contents>`)
    .join('\n');
  const url = '/bucket?list-type=2&prefix=p%2F&max-keys=4';
  expect(listAllInstead('GET', url)).toBe('/bucket?list-type=2&prefix=p%2F&max-keys=999999999');
  const listed = (page: string) => Array.from(page.matchAll(/<Key>(.*?)</g), ([, key]) => key);
  const first = pageOf(xml, url);
  const [, token = ''] = /<NextContinuationToken>(.*?)</.exec(first) ?? [];
  const second = pageOf(xml, `${url}&continuation-token=${token}`);
  expect(listed(first)).toEqual(['p/a!2F/1', 'p/a&amp;b', 'p/a-b/1', 'p/a/1']);
  expect(listed(second)).toEqual(['p/\uFFFD', 'p/\u{10000}']);
  expect(second).toContain('<IsTruncated>false<');
  expect(listed(pageOf(xml, '/bucket?list-type=2&start-after=p/a/1'))).toEqual(['p/\uFFFD', 'p/\u{10000}']);
  expect(listAllInstead('GET', '/bucket/key?list-type=1')).toBeUndefined();
});
