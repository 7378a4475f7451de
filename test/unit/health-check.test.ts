// Covers: shared/core/pool/health-check.ts
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  agentHealthCheck,
  DEFAULT_HEALTH_FILE,
  HEALTH_FILE_VARIABLE,
  secondsUntilStopped,
} from '../../shared/core/pool/health-check.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'agentpool-test-'));
});
afterAll(() => rm(directory, { recursive: true }));

test.each([
  [1, { interval: 5, timeout: 5, retries: 10 }],
  [300, { interval: 15, timeout: 15, retries: 10 }],
  [1200, { interval: 60, timeout: 60, retries: 10 }],
  [3600, { interval: 300, timeout: 60, retries: 10 }],
])('the health check of agents with a start timeout of %i s', (startTimeoutSeconds, expected) => {
  expect(agentHealthCheck(startTimeoutSeconds)).toMatchObject(expected);
});

test('the health check allows every start timeout, within the bounds of ECS', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 3600 }), (startTimeoutSeconds) => {
      const { interval, timeout, retries } = agentHealthCheck(startTimeoutSeconds);
      expect(retries * (interval + timeout)).toBeGreaterThanOrEqual(startTimeoutSeconds);
      // The service would not be created otherwise: CDK rejects a shorter interval.
      expect(interval).toBeGreaterThanOrEqual(timeout);
      expect(timeout).toBeGreaterThanOrEqual(5);
      expect(timeout).toBeLessThanOrEqual(60);
      expect(interval).toBeLessThanOrEqual(300);
      expect(retries).toBeLessThanOrEqual(10);
    }),
  );
});

test('an agent without a handler waits for longer than the health check takes to find it', () => {
  expect([300, 1200, 3600].map((seconds) => secondsUntilStopped(agentHealthCheck(seconds)))).toEqual([
    180, 720, 3360,
  ]);
});

/** Runs the check as ECS does, in the container's shell. Returns whether it succeeds. */
async function succeeds(file: string, timeoutMs: number): Promise<boolean> {
  const [, script = ''] = agentHealthCheck(300).command;
  const env = { PATH: process.env['PATH'] ?? '', [HEALTH_FILE_VARIABLE]: file };
  return promisify(execFile)('sh', ['-c', script], { env, timeout: timeoutMs }).then(
    () => true,
    () => false,
  );
}

test('the health check blocks until the agent has written its file, and succeeds if the handler is loaded', async () => {
  const file = join(directory, 'a file');
  expect(await succeeds(file, 100)).toBe(false);
  const blocked = succeeds(file, 60_000);
  await writeFile(file, 'loaded\n');
  expect(await blocked).toBe(true);
  await writeFile(file, 'failed\n');
  expect(await succeeds(file, 60_000)).toBe(false);
});

test('the health check reads the default file of an agent', () => {
  expect(agentHealthCheck(300).command[1]).toContain(`\${${HEALTH_FILE_VARIABLE}:-${DEFAULT_HEALTH_FILE}}`);
});
