// Covers: docs, cli/run.ts
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test, vi } from 'vitest';
import { run } from '../../cli/run.ts';
import { blocks, ownCommands } from '../docs.ts';
import { startTestStack } from '../emulated/stack.ts';

test('every agentpool command in the documentation succeeds, run one after another', async () => {
  const stack = await startTestStack(
    { name: 'support', min: 1, max: 100, tickSeconds: 60, cooldownSeconds: 0 },
    100,
  );
  const scratch = await mkdtemp(join(tmpdir(), 'agentpool-docs-'));
  try {
    await stack.function('scale').invoke({});
    const atMs = Math.floor(Date.now() / 60_000) - 60;
    await stack.history.add(
      Array.from({ length: 40 }, (_, index) => ({
        minute: atMs + index,
        arrivals: 3,
        completed: 3,
        durationMs: 30_000,
      })),
    );
    await vi.waitFor(async () => expect((await stack.store.instances()).instances).not.toEqual([]), {
      timeout: 60_000,
    });
    writeFileSync(join(scratch, 'counter.config.ts'), configurationOf('counter.config.ts'));
    // As `history` writes it, which a later page does.
    writeFileSync(join(scratch, 'week.csv'), 'arrival_s,work_s\n0,5\n8,7\n9,6\n');
    for (const { file, command } of ownCommands) {
      const args = wordsOf(command.replace('npx agentpool ', ''))
        // The pool of the project's own configuration.
        .map((word) => (word === 'echo' ? 'support' : word))
        .map((word) => (/^(week|counter)\./.test(word) ? join(scratch, word) : word));
      // There is no decision before the first tick.
      const given = args.map((word, index) => (args[index - 1] === '--at' ? '0s' : word));
      const warned: string[] = [];
      // The backtest is a process of its own, which prints for itself.
      if (given[0] === 'backtest') {
        await promisify(execFile)(process.execPath, ['cli/main.ts', ...given]);
        continue;
      }
      const status = await run([...given, '--outputs', stack.stack.outputsFile], {
        say: () => {},
        warn: (text) => void warned.push(text),
      });
      expect({ file, command, status, warned }).toEqual({ file, command, status: 0, warned: [] });
    }
    expect(ownCommands.length).toBeGreaterThan(10);
  } finally {
    await stack.close();
    await rm(scratch, { recursive: true });
  }
}, 240_000);

/** A configuration of the guide, as if it lay in the project; its handler is in the guide too. */
function configurationOf(path: string): string {
  const text = blocks.find((block) => block.path === path)?.text ?? '';
  return text
    .replace('./shared/', `${process.cwd()}/shared/`)
    .replace('handlers/counter.ts', 'handlers/echo.ts');
}

/** As a shell splits them. */
function wordsOf(command: string): string[] {
  return [...command.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, single, double, bare]) => single ?? double ?? bare ?? '',
  );
}
