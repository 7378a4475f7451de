import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { cruise, type ICruiseOptions, type ICruiseResult, type IFlattenedRuleSet } from 'dependency-cruiser';
import { afterEach, beforeEach, expect, test } from 'vitest';

const { forbidden, options } = createRequire(import.meta.url)('../../scripts/layers.cjs') as {
  forbidden: IFlattenedRuleSet['forbidden'];
  options: ICruiseOptions;
};

let project: string;
beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), 'agentpool-layers-'));
});
afterEach(() => rmSync(project, { recursive: true }));

/** Names of the rules that these files break. */
async function broken(files: Readonly<Record<string, string>>): Promise<readonly string[]> {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(project, path)), { recursive: true });
    writeFileSync(join(project, path), text);
  }
  const { output } = await cruise(['.'], {
    ...options,
    baseDir: project,
    validate: true,
    ruleSet: { forbidden },
  } as ICruiseOptions);
  return (output as ICruiseResult).summary.violations.map(({ rule }) => rule.name);
}

test('imports that all point down break no rule', async () => {
  expect(
    await broken({
      'shared/core/a.ts': 'export const a = 1;',
      'shared/ports/p.ts': "import type { a } from '../core/a.ts'; export type P = typeof a;",
      'agent/main.ts': "import type { P } from '../shared/ports/p.ts'; export const p: P = 1;",
    }),
  ).toEqual([]);
});

test.each([
  [
    'a cycle of types alone',
    'no-cycle',
    {
      'shared/core/a.ts': "import type { B } from './b.ts'; export type A = B;",
      'shared/core/b.ts': "import type { A } from './a.ts'; export type B = A;",
    },
  ],
  [
    'a type of the ports in the core',
    'shared/core-imports-down',
    {
      'shared/core/a.ts': "import type { P } from '../ports/p.ts'; export type A = P;",
      'shared/ports/p.ts': 'export type P = 1;',
    },
  ],
  [
    'a module of Node in the core',
    'core-is-pure',
    {
      'shared/core/a.ts': "import { readFileSync } from 'node:fs'; export const a = readFileSync;",
    },
  ],
  [
    'the console in the core',
    'core-is-pure',
    {
      'shared/core/a.ts': "import { c } from '../../console/c.ts'; export const a = c;",
      'console/c.ts': 'export const c = 1;',
    },
  ],
  [
    'a view in a port',
    'shared/ports-imports-down',
    {
      'shared/ports/p.ts': "import type { V } from '../views/v.ts'; export type P = V;",
      'shared/views/v.ts': 'export type V = 1;',
    },
  ],
  [
    'a part in another part',
    'agent-imports-shared',
    {
      'agent/a.ts': "import { f } from '../functions/f.ts'; export const a = f;",
      'functions/f.ts': 'export const f = 1;',
    },
  ],
])('an import against the layers is reported: %s', async (_what, rule, files) => {
  expect(await broken(files)).toContain(rule);
});
