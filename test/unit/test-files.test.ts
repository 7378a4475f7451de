// Covers: test/README.md
import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { describe, expect, test } from 'vitest';

/** Folders whose files with code all have a test. */
const TESTED = ['shared/core', 'shared/contexts', 'shared/runtime', 'shared/tasks', 'agent'];
const LINES_AT_MOST = 300;

const PARTS = 'shared,agent,functions,infra,local,sim,console,cli,package,scripts';
const sources = globSync(`{${PARTS}}/**/*.{ts,tsx,cjs,mjs}`);
const tests = globSync('test/**/*.{test,story}.ts');

const nameOf = (file: string) => basename(file).replace(/(\.test|\.story)?\.\w+$/, '');
const named = Map.groupBy(sources, nameOf);

/** Files that a test says it covers, in its first line. */
function declaredBy(test: string): readonly string[] {
  const [, files] = /^\/\/ Covers: (.*)\n/.exec(readFileSync(test, 'utf8')) ?? [];
  return files?.split(', ') ?? [];
}

/** What a test stands for: the one file of its name, and what it declares. */
function coveredBy(test: string): readonly string[] {
  const ofItsName = named.get(nameOf(test)) ?? [];
  return [...(ofItsName.length === 1 ? ofItsName : []), ...declaredBy(test)];
}

const hasCode = (file: string) =>
  /^export (default|const|function|async function|class|let) /m.test(readFileSync(file, 'utf8'));

describe('a test file', () => {
  test.each(tests)('%s covers files that exist', (file) => {
    expect(coveredBy(file)).not.toEqual([]);
    expect(coveredBy(file).filter((path) => !existsSync(path))).toEqual([]);
  });

  test('no file of the tests is longer than 300 lines', () => {
    const long = globSync('test/**/*.ts').filter(
      (file) => readFileSync(file, 'utf8').split('\n').length - 1 > LINES_AT_MOST,
    );
    expect(long).toEqual([]);
  });
});

describe('a source file', () => {
  const covered = new Set(tests.flatMap(coveredBy));

  test.each(TESTED)('every file with code in %s has a test', (folder) => {
    const files = sources.filter((file) => file.startsWith(`${folder}/`) && hasCode(file));
    expect(files.length).toBeGreaterThan(0);
    expect(files.filter((file) => !covered.has(file))).toEqual([]);
  });
});
