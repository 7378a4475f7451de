// Covers: local/from-this-machine.ts
import { request } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestStack, type TestStack } from './stack.ts';

let stack: TestStack;
beforeAll(async () => {
  stack = await startTestStack();
});
afterAll(() => stack.close());

const doors = [
  ['SQS and S3', () => stack.stack.emulators.sqsAndS3],
  ['DynamoDB', () => stack.stack.emulators.dynamo],
  ['ECS', () => stack.stack.ecs.endpoint],
] as const;

function statusOf(endpoint: string, headers: Record<string, string>): Promise<number | undefined> {
  const { hostname, port } = new URL(endpoint);
  return new Promise((resolve, reject) => {
    request({ hostname, port, path: '/', headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end();
  });
}

test.each(doors)(
  '%s refuses requests of web pages: another host name (DNS rebinding), or an origin',
  async (_door, endpoint) => {
    expect(await statusOf(endpoint(), { host: 'evil.example' })).toBe(403);
    expect(await statusOf(endpoint(), { origin: 'http://evil.example' })).toBe(403);
    expect(await statusOf(endpoint(), {})).not.toBe(403);
  },
);
