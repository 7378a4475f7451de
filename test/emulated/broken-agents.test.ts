// Covers: cli/watch-problems.ts, cli/watch-local.ts, cli/commands/send.ts, cli/commands/status.ts, cli/checks/handlers.ts, cli/checks/load-handler.ts, shared/views/pool-view.ts, shared/runtime/close-record.ts, functions/reconcile/task-stopped.ts, local/ecs/back-off.ts
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { checkHandlers } from '../../cli/checks/handlers.ts';
import { run } from '../../cli/run.ts';
import { watchLocal } from '../../cli/watch-local.ts';
import { viewPool } from '../../shared/views/pool-view.ts';
import { pool } from '../unit/build.ts';
import { startTestStack, type TestStack } from './stack.ts';

const directory = mkdtempSync(join(tmpdir(), 'agentpool-broken-'));
const handler = (name: string, text: string) => {
  writeFileSync(join(directory, name), text);
  return join(directory, name);
};
const MISSING = handler('missing.mjs', `import 'a-package-that-nobody-has';`);
const CRASHING = handler('crashing.mjs', `console.error('no model configured'); process.exit(7);`);

/** A pool with a handler that doesn't work, and what its local stack says. */
async function brokenPool(path: string) {
  const stack = await startTestStack({ handler: path, min: 1, max: 1 }, 50);
  const told: string[] = [];
  const done = new AbortController();
  const watching = watchLocal(stack.stack, (line) => void told.push(line), done.signal);
  return {
    stack,
    told,
    close: async () => {
      done.abort();
      await watching;
      await stack.close();
    },
  };
}

let missing: Awaited<ReturnType<typeof brokenPool>>;
beforeAll(async () => {
  missing = await brokenPool(MISSING);
});
afterAll(() => missing.close());

const PROBLEM = /handler .*missing\.mjs cannot be loaded: Cannot find package 'a-package-that-nobody-has'/;

async function said(stack: TestStack, ...args: string[]) {
  const lines: string[] = [];
  const spy = vi.spyOn(console, 'error').mockImplementation((line: string) => void lines.push(line));
  const say = (line: string) => void lines.push(line);
  const status = await run([...args, '--outputs', stack.stack.outputsFile], { say, warn: say });
  spy.mockRestore();
  return { status, text: lines.join('\n') };
}

test('an agent whose handler cannot be loaded says why, wherever somebody looks', async () => {
  const { stack, told } = missing;
  await vi.waitFor(() => expect(told.join('\n')).toMatch(PROBLEM), { timeout: 20_000 });
  expect((await viewPool(stack)).problems).toEqual([
    { text: expect.stringMatching(PROBLEM), agents: 1, latestAtMs: expect.any(Number) },
  ]);
  expect((await said(stack, 'status')).text).toMatch(PROBLEM);
  const sent = await said(stack, 'send', 'test', '1', '--wait', '--timeout', '1');
  expect(sent).toMatchObject({ status: 1, text: expect.stringMatching(PROBLEM) });
  expect(sent.text).toContain('test: no agent can take tasks');
  // One that waits for ECS, and not a loop of starts.
  expect((await stack.store.instances()).instances).toHaveLength(1);
});

test('an agent that exits at its start is named with its last words, and starts ever more rarely', async () => {
  const { stack, told, close } = await brokenPool(CRASHING);
  try {
    await vi.waitFor(() => expect(told.join('\n')).toMatch(/exited with 7: no model configured/), {
      timeout: 20_000,
    });
    const starts = () => [...stack.stack.ecs.scheduler.tasks.values()].map(({ createdAtMs }) => createdAtMs);
    await vi.waitFor(() => expect(starts().length).toBeGreaterThan(4), { timeout: 20_000 });
    const [gap = 0, ...later] = starts().map((atMs, index, all) => atMs - (all[index - 1] ?? atMs));
    expect(gap).toBe(0);
    expect(later.at(-1)).toBeGreaterThan((later[0] ?? 0) + 200);
  } finally {
    await close();
  }
});

test('check loads each handler as its agents will, with a key where it wants one', async () => {
  const pools = [
    pool({ name: 'missing', handler: MISSING }),
    pool({ name: 'crashing', handler: CRASHING }),
    pool({ name: 'none', handler: handler('none.mjs', 'export const x = 1;') }),
    pool({
      name: 'good',
      handler: handler(
        'keyed.mjs',
        `if (!process.env.KEY) throw new Error('no key');\nexport default async () => {};`,
      ),
      agent: { secrets: { KEY: 'prod/key' } },
    }),
  ];
  const { verdict, text } = await checkHandlers(pools);
  expect(verdict).toBe('bad');
  expect(text.split('\n')).toEqual([
    expect.stringMatching(/^missing: handler .*missing\.mjs cannot be loaded: /),
    'crashing: no model configured',
    expect.stringMatching(/^none: .*the default export is undefined, expected a function$/),
  ]);
});
