// Covers: local/demo/main.ts
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { childrenOf, isRunning } from '../processes.ts';

/** The demo as its user runs it: a process, its output and its exit status. */
const MAIN = fileURLToPath(new URL('../../local/demo/main.ts', import.meta.url));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'agentpool-test-'));
});
afterAll(() => rm(folder, { recursive: true }));

function start(...args: string[]) {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (output.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()));
  return { child, output, exited: once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]> };
}

test.concurrent('the demo prints one JSON document and nothing else, with every task completed once', async () => {
  const args = ['--json', '--tasks', '12', '--speed', '60'];
  const { stdout } = await promisify(execFile)('npm', ['run', '--silent', 'demo', '--', ...args]);
  const summary = JSON.parse(stdout) as object;
  expect(summary).toMatchObject({
    sent: 12,
    completed: 12,
    failed: 0,
    lost: 0,
    duplicated: 0,
    busyStopped: 0,
  });
  expect(Object.keys(summary)).toEqual([
    'sent',
    'completed',
    'failed',
    'lost',
    'duplicated',
    'busyStopped',
    'queueWaitSeconds',
    'agentsStarted',
    'agentsStopped',
    'agentSecondsPaid',
    'concurrency',
    'slotSecondsUsed',
    'contextBytesWritten',
    'contextBytesRead',
    'objective',
    'inTimeShare',
    'startupSeconds',
    'comparison',
  ]);
});

test('the demo ends with status 2 and what to do when its trace is not sorted', async () => {
  const trace = join(folder, 'trace.csv');
  await writeFile(trace, 'arrival_s,work_s\n2,1\n1,1\n');
  const { output, exited } = start('--trace', trace);
  expect(await exited).toEqual([2, null]);
  expect(output.stderr).toContain('line 3 is "1,1", which is before the line above it');
  expect(output.stdout).toBe('');
});

test.concurrent.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)(
  'no process that the demo started outlives it when it ends by %s',
  async (signal) => {
    const { child, output, exited } = start('--tasks', '5', '--speed', '20');
    await vi.waitFor(() => expect(output.stdout).toContain('5 tasks'), { timeout: 90_000 });
    const children = childrenOf(child.pid);
    expect(children.length).toBeGreaterThanOrEqual(2);
    child.kill(signal);
    await exited;
    await vi.waitFor(() => expect(children.filter(isRunning)).toEqual([]), { timeout: 60_000 });
  },
);
