import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { run } from '../../cli/run.ts';
import { parsePools } from '../../shared/core/pool/config.ts';
import { blocks, PACKAGE_PAGE, pages } from '../docs.ts';
import { startTestStack } from './stack.ts';

/** Every code block of the documentation is compiled, and every command run: here, or by what {@link RUN_BY} names. {@link PACKAGE_PAGE} is all of `test/package/package.story.ts`. */
const named = (language: string) =>
  blocks.filter((block) => block.language === language && block.file !== PACKAGE_PAGE);

/** Commands that are tried elsewhere, since they never end, change an account, or are the tests themselves. */
const RUN_BY: readonly (readonly [RegExp, string])[] = [
  [/^npx agentpool (local|console)/, 'test/browser/console.story.ts'],
  [/^npx agentpool check$/, 'test/deploy/stack.story.ts'],
  [/^npx cdk (bootstrap|deploy|destroy|diff)/, 'test/deploy/stack.story.ts'],
  [/^npm run demo/, 'test/emulated/demo.test.ts'],
  [/^npm start$/, 'test/browser/console.story.ts'],
  [/^npm run (backtest|bench)/, 'test/simulation/backtest.test.ts'],
  [/^(npm test|npm run check|npm run format|\.ci\/run)$/, '.ci/run'],
  [/^(npm ci|git (pull|checkout \w+) && npm ci)$/, '.ci/run'],
  [/^aws /, 'docs/deploy.md'],
];

test('links lead to what is there', () => {
  const links = pages.flatMap((page) =>
    [...readFileSync(page, 'utf8').matchAll(/\]\((?!https?:)([^)#\s]*)(?:#[^)]*)?\)/g)].map(([, path = '']) =>
      join(dirname(page), path),
    ),
  );
  expect(links.length).toBeGreaterThan(50);
  expect(links.filter((path) => !existsSync(path))).toEqual([]);
});

describe('code in the documentation', () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'agentpool-docs-'));
    cpSync('agent', join(directory, 'agent'), { recursive: true });
    for (const name of ['shared', 'infra', 'functions', 'node_modules', 'package.json', 'tsconfig.json'])
      symlinkSync(resolve(name), join(directory, name));
  });
  afterAll(() => rm(directory, { recursive: true }));

  test('compiles, in the place that it names', async () => {
    const files = named('ts').map(({ path, text }, index) => {
      const file = join(directory, path === '' ? `block-${index}.ts` : path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
      return file;
    });
    expect(files.length).toBeGreaterThan(6);
    // CDK's types do not tell undefined from absent.
    const options = {
      preserveSymlinks: true,
      exactOptionalPropertyTypes: false,
      noPropertyAccessFromIndexSignature: false,
    };
    const config = join(directory, 'tsconfig.docs.json');
    writeFileSync(
      config,
      JSON.stringify({ extends: './tsconfig.json', compilerOptions: options, include: [], files }),
    );
    const { stdout } = await promisify(execFile)(resolve('node_modules/.bin/tsc'), ['-p', config]).catch(
      (failed: { stdout: string }) => failed,
    );
    expect(stdout.trim()).toBe('');
  });

  test('configures pools that are possible', async () => {
    const configurations = named('ts').filter(({ text }) => text.includes('definePools('));
    expect(configurations.length).toBeGreaterThanOrEqual(3);
    for (const [index, { text }] of configurations.entries()) {
      const file = join(directory, `configuration-${index}.ts`);
      writeFileSync(file, text.replaceAll("'./shared/", `'${process.cwd()}/shared/`));
      expect(parsePools(((await import(file)) as { default: unknown }).default).length).toBeGreaterThan(0);
    }
  });

  test('is JSON where it says so', () => {
    for (const { text } of named('json')) expect(() => JSON.parse(text)).not.toThrow();
  });
});

describe('commands in the documentation', () => {
  const commands = named('sh').flatMap(({ file, text }) =>
    text
      .replaceAll('\\\n', ' ')
      .split('\n')
      .map((line) => ({ file, command: line.replace(/(^|\s)#.*$/, '').trim() }))
      .filter(({ command }) => command !== ''),
  );
  const here = commands.filter(({ command }) => !RUN_BY.some(([known]) => known.test(command)));
  const scripts = Object.keys(
    (JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> }).scripts,
  );

  test('are scripts of the project where they say so', () => {
    for (const { command } of commands) {
      const [, script] = /^npm (?:run )?([\w:]+)/.exec(command) ?? [];
      if (script !== undefined && script !== 'ci') expect(scripts).toContain(script);
    }
  });

  test('that are tried elsewhere are all there are beside those of the command line', () => {
    expect(
      here.map(({ command }) => command).filter((command) => !command.startsWith('npx agentpool ')),
    ).toEqual([]);
    for (const [, by] of RUN_BY) expect(() => readFileSync(by)).not.toThrow();
  });

  test('of the command line do what they say, one after another', async () => {
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
      for (const { file, command } of here) {
        const args = wordsOf(command.replace('npx agentpool ', ''))
          // The pool of the project's own configuration.
          .map((word) => (word === 'echo' ? 'support' : word))
          .map((word) => (/^(week|counter)\./.test(word) ? join(scratch, word) : word));
        // An earlier look than the first there was not.
        const given = args.map((word, index) => (args[index - 1] === '--at' ? '0s' : word));
        const warned: string[] = [];
        const outputs = given[0] === 'backtest' ? [] : ['--outputs', stack.stack.outputsFile];
        const status = await run([...given, ...outputs], {
          say: () => {},
          warn: (text) => void warned.push(text),
        });
        expect({ file, command, status, warned }).toEqual({ file, command, status: 0, warned: [] });
      }
      expect(here.length).toBeGreaterThan(10);
    } finally {
      await stack.close();
      await rm(scratch, { recursive: true });
    }
  }, 240_000);
});

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
