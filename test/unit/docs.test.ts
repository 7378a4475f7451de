// Covers: README.md, CONTRIBUTING.md, SECURITY.md, docs
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parsePools } from '../../shared/core/pool/config.ts';
import { SETTABLE } from '../../shared/core/pool/settings.ts';
import { blocksIn, commands, ownCommands, pages, RUN_BY } from '../docs.ts';

test('every link in the documentation leads to a file that exists', () => {
  const links = pages.flatMap((page) =>
    [...readFileSync(page, 'utf8').matchAll(/\]\((?!https?:)([^)#\s]*)(?:#[^)]*)?\)/g)].map(([, path = '']) =>
      join(dirname(page), path),
    ),
  );
  expect(links.length).toBeGreaterThan(50);
  expect(links.filter((path) => !existsSync(path))).toEqual([]);
});

/** Named in the documentation, and no names of this project: KEDA's, Node's, LangGraph's, Strands', and what isn't to be called so. */
const FOREIGN = ['ScaledJob', 'setImmediate', 'interruptBefore', 'giveBack', 'ModelThrottledError'];

test('every name in the documentation is one in the code', () => {
  const folders = '{agent,cli,console,functions,infra,local,package,scripts,shared,sim,templates}';
  const code = globSync(`${folders}/**/*.ts`).map((file) => readFileSync(file, 'utf8'));
  const known = new Set(code.flatMap((text) => text.match(/[A-Za-z]\w+/g) ?? []).concat(FOREIGN));
  const names = pages.flatMap((page) => {
    const prose = readFileSync(page, 'utf8').replace(/^```.*?^```$/gms, '');
    const quoted = [...prose.matchAll(/`([^`\n]+)`/g)].map(([, text = '']) => text);
    return quoted.flatMap((text) => text.match(/\b[A-Za-z]+[a-z][A-Z]\w+\b/g) ?? []);
  });
  expect(names.length).toBeGreaterThan(100);
  // An action of AWS is a command of its client.
  expect(names.filter((name) => !known.has(name) && !known.has(`${name}Command`))).toEqual([]);
});

test('the fields that can be set at run time are all in the documentation', () => {
  const [, listed = ''] =
    /You can set ([^.]*)\./.exec(readFileSync('docs/operations.md', 'utf8').replaceAll('\n', ' ')) ?? [];
  expect([...listed.matchAll(/`(\w+)`/g)].map(([, field]) => field)).toEqual(SETTABLE);
});

describe('code in the documentation', () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'agentpool-docs-'));
  });
  afterAll(() => rm(directory, { recursive: true }));

  test('the pool configurations in the documentation are valid', async () => {
    const configurations = blocksIn('ts').filter(({ text }) => text.includes('definePools('));
    expect(configurations.length).toBeGreaterThanOrEqual(3);
    for (const [index, { text }] of configurations.entries()) {
      const file = join(directory, `configuration-${index}.ts`);
      writeFileSync(file, text.replaceAll("'./shared/", `'${process.cwd()}/shared/`));
      expect(parsePools(((await import(file)) as { default: unknown }).default).length).toBeGreaterThan(0);
    }
  });

  test('the JSON in the documentation is valid', () => {
    for (const { text } of blocksIn('json')) expect(() => JSON.parse(text)).not.toThrow();
  });
});

describe('commands in the documentation', () => {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };

  test('every npm script that the documentation names exists', () => {
    for (const { command } of commands) {
      const [, script] = /^npm (?:run )?([\w:]+)/.exec(command) ?? [];
      if (script !== undefined && script !== 'ci') expect(Object.keys(scripts)).toContain(script);
    }
  });

  test('every command in the documentation is run by a file that exists', () => {
    expect(
      ownCommands.map(({ command }) => command).filter((command) => !command.startsWith('npx agentpool ')),
    ).toEqual([]);
    expect(RUN_BY.filter(([, by]) => !existsSync(by))).toEqual([]);
  });
});
