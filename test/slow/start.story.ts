// Covers: cli/commands/console.ts
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, test, vi } from 'vitest';
import { descendantsOf, isRunning } from '../processes.ts';

test('npm start serves the console with a stack of its own until it is interrupted', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'agentpool-start-'));
  const args = ['--json', '--port', '0', '--directory', directory];
  const started = spawn('npm', ['run', '--silent', 'start', '--', ...args], {
    // A group of its own: Ctrl-C in a terminal reaches npm and all that it started.
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const exited = once(started, 'exit');
  const group = started.pid ?? 0;
  const [line] = (await once(createInterface({ input: started.stdout }), 'line')) as [string];
  const { url } = JSON.parse(line) as { url: string };
  expect(await (await fetch(url)).text()).toContain('<title>');

  const processes = descendantsOf(group);
  process.kill(-group, 'SIGINT');
  await exited;

  await vi.waitFor(() => expect(processes.filter(isRunning)).toEqual([]), { timeout: 60_000 });
});
