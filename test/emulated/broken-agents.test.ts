// Covers: cli/watch-problems.ts, cli/watch-local.ts, cli/commands/send.ts, cli/commands/status.ts, cli/checks/handlers.ts, agent/try-handler.ts, shared/views/pool-view.ts, shared/runtime/close-record.ts, functions/reconcile/task-stopped.ts, local/ecs/back-off.ts
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { checkHandlers } from '../../cli/checks/handlers.ts';
import { run } from '../../cli/run.ts';
import { watchLocal } from '../../cli/watch-local.ts';
import { createBackOff } from '../../local/ecs/back-off.ts';
import type { Service, Task } from '../../local/ecs/model.ts';
import { problemsOf, viewPool } from '../../shared/views/pool-view.ts';
import { instance, NOW_MS, pool } from '../unit/build.ts';
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
  const reported: string[] = [];
  const watching = watchLocal(stack.stack, (line) => void reported.push(line));
  return {
    stack,
    reported,
    close: async () => {
      await watching.end();
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
  const spy = vi.spyOn(process.stderr, 'write').mockImplementation((line) => lines.push(String(line)) > 0);
  const say = (line: string) => void lines.push(line);
  const status = await run([...args, '--outputs', stack.stack.outputsFile], { say, warn: say });
  spy.mockRestore();
  return { status, text: lines.join('\n') };
}

test('an agent whose handler cannot be loaded says why, in every view', async () => {
  const { stack, reported } = missing;
  await vi.waitFor(() => expect(reported.join('\n')).toMatch(PROBLEM), { timeout: 20_000 });
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

test('what an agent writes into its record reaches a terminal as one line of plain text', () => {
  const problem = '\u001b]0;title\u0007\u001b[2Jno model\nsupport: all is well';
  const [shown] = problemsOf([instance({ status: 'starting', problem })], NOW_MS);
  expect(shown?.text).toBe('no model support: all is well');
  // One that was ready has worked: it's a task's problem that it crashed.
  expect(problemsOf([instance({ status: 'lost', readyAtMs: NOW_MS, problem })], NOW_MS)).toEqual([]);
});

test('an agent that exits at its start is named with its last words', async () => {
  const { reported, close } = await brokenPool(CRASHING);
  try {
    await vi.waitFor(() => expect(reported.join('\n')).toMatch(/exited with 7: no model configured/), {
      timeout: 20_000,
    });
  } finally {
    await close();
  }
});

test('tasks that crash at their start are started ever more rarely, until one does not', () => {
  const backOff = createBackOff();
  const service = {} as Service;
  const ended = (exitCode: number, seconds: number) =>
    backOff.ended({
      service,
      exitCode,
      startedAtMs: 0,
      stoppedAtMs: 1_000 * seconds,
      stopCode: 'EssentialContainerExited',
    } as Task);
  const factors = Array.from({ length: 8 }, () => {
    ended(1, 2);
    return backOff.factor(service);
  });
  expect(factors).toEqual([2, 4, 8, 16, 32, 32, 32, 32]);
  ended(137, 2);
  expect(backOff.factor(service)).toBe(1);
  ended(1, 60);
  expect(backOff.factor(service)).toBe(1);
});

test('check loads each handler as its agents will, with a key where it wants one', async () => {
  const pools = [
    pool({ name: 'missing', handler: MISSING }),
    pool({ name: 'crashing', handler: CRASHING }),
    pool({ name: 'ending', handler: handler('ending.mjs', 'process.exit(0);') }),
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
    expect.stringMatching(/^ending: handler .*ending\.mjs ended its process$/),
    expect.stringMatching(/^none: .*the default export is undefined, expected a function$/),
  ]);
});
