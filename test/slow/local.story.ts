// Covers: agent/handlers/echo.ts
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { parseEnv } from 'node:util';
import { expect, test, vi } from 'vitest';
import { run } from '../../cli/run.ts';
import { descendantsOf, isRunning } from '../processes.ts';

test('agentpool local serves other processes, and ends with every process that it started', async () => {
  const local = spawn(process.execPath, ['cli/agentpool.mjs', 'local', '--json', '--start-seconds', '0'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [printed] = (await once(local.stdout, 'data')) as [Buffer];
  const { environment } = JSON.parse(printed.toString()) as { environment: string };
  Object.assign(process.env, parseEnv(await readFile(environment, 'utf8')));
  const said: string[] = [];
  const output = {
    say: (text: string) => void said.push(text),
    warn: (text: string) => void said.push(text),
  };
  const outputs = process.env['AGENTPOOL_OUTPUTS'] ?? '';
  const status = await run(['send', 'echo', '{"turn":1}', '--wait', '--outputs', outputs], output);
  expect({ status, said: said.join('') }).toEqual({ status: 0, said: expect.stringContaining('"turn": 1') });

  const all = descendantsOf(local.pid ?? 0);
  expect(all.length).toBeGreaterThanOrEqual(3);
  local.kill('SIGTERM');
  await vi.waitFor(() => expect(all.filter(isRunning)).toEqual([]), { timeout: 60_000 });
});
