// Covers: shared/project/load-problem.ts, shared/project/config-file.ts, agent/handler.ts
import { execFile } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const directory = mkdtempSync(join(tmpdir(), 'agentpool-load-'));
/** In a process of its own: here, modules are loaded by the test runner. */
const LOAD = `
  const { importConfig } = await import(${JSON.stringify(resolve('shared/project/config-file.ts'))});
  const { loadHandler } = await import(${JSON.stringify(resolve('agent/handler.ts'))});
  const message = (loading) => loading.then(() => 'loaded', (error) => error.message);
  const file = process.argv[1];
  console.log(JSON.stringify([await message(importConfig(file)), await message(loadHandler(file, '/'))]));
`;

test.each([
  ['an unfinished list', 'cut.ts', `export default [\n  { name: 'a',`, /cut\.ts:\d: SyntaxError: /],
  [
    'a syntax error in JavaScript',
    'wrong.mjs',
    `export default [\n  { name: 'a', min: }\n];`,
    /wrong\.mjs:2: SyntaxError: Unexpected token '}'/,
  ],
  [
    'what Node cannot strip',
    'enum.ts',
    'enum A { B }\nexport default [];',
    /enum\.ts:1: SyntaxError: TypeScript enum is not supported/,
  ],
  ['an error at import', 'throws.mjs', `\nthrow new Error('no key');`, /throws\.mjs:2: no key/],
  [
    'a package that is not installed',
    'missing.mjs',
    `import 'a-package-that-nobody-has';`,
    /missing\.mjs.*: .*Cannot find package 'a-package-that-nobody-has'/,
  ],
])('a module that cannot be loaded is named with the line: %s', async (_case, name, text, problem) => {
  const file = join(directory, name);
  writeFileSync(file, text);
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', LOAD, file]);
  const [ofConfig, ofHandler] = JSON.parse(stdout) as [string, string];
  expect(ofConfig).toMatch(problem);
  expect(ofHandler).toMatch(problem);
});
