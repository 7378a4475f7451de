// Covers: local/ecs/server.ts

import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type LocalEcs, startEcs } from '../../local/ecs/server.ts';
import { cases } from '../cases.ts';

let logDirectory: string;
let ecs: LocalEcs;
beforeAll(async () => {
  logDirectory = await mkdtemp(join(tmpdir(), 'agentpool-test-'));
  ecs = await startEcs({
    startDelayMs: 1,
    scaleInDelayMs: 1,
    workingDirectory: logDirectory,
    logDirectory,
    environment: {},
  });
});
afterAll(async () => {
  await ecs.close();
  await rm(logDirectory, { recursive: true });
});

const http = (options: object, body: string | Uint8Array = '') =>
  new Promise<number>((resolve, reject) => {
    const { port } = new URL(ecs.endpoint);
    request({ host: '127.0.0.1', port, method: 'POST', ...options }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode ?? 0));
    })
      .on('error', reject)
      .end(body);
  });

test('the local ECS answers any request, and the next one too', async () => {
  const targets = fc.constantFrom(
    'CreateService',
    'UpdateService',
    'DescribeTasks',
    'UpdateTaskProtection',
    '__proto__',
    'constructor',
    '',
  );
  const bodies = fc.oneof(fc.string(), fc.json(), fc.uint8Array({ maxLength: 200 }));
  const paths = fc.constantFrom(
    '/',
    '/v4/../../etc/passwd',
    '/api/x/task-protection/v1/state',
    '//',
    '/v4/%00',
    '/%',
  );
  await fc.assert(
    fc.asyncProperty(targets, bodies, paths, async (target, body, path) => {
      const headers = { 'x-amz-target': `AmazonEC2ContainerServiceV20141113.${target}` };
      expect([400, 404]).toContain(await http({ path, headers }, body));
    }),
    { numRuns: cases(10_000) },
  );
  expect(await http({ path: '/' })).toBe(400);
}, 180_000);

test('the local ECS rejects requests of web pages', async () => {
  expect(await http({ path: '/', headers: { host: 'evil.example' } })).toBe(403);
  expect(await http({ path: '/', headers: { origin: 'https://evil.example' } })).toBe(403);
});
