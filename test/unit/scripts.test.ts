// Covers: package.json, .ci/run
import { globSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect, test } from 'vitest';

/** Run by npm itself: `npm pack`, in `test/package`, runs this one. */
const LIFECYCLE = ['prepack'];

const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };

/** Scripts that a shell script or a script of package.json calls. */
function calledBy(text: string): readonly string[] {
  const lines = text.replace(/#.*$/gm, '');
  return [...lines.matchAll(/\bnpm (?:run (?:--silent )?)?([\w:]+)/g)].map(([, name = '']) => name);
}

/** Scripts that the stories of a suite call, which the script of package.json names by its configuration. */
function calledInSuite(command: string): readonly string[] {
  const [, config] = /--config (\S+)/.exec(command) ?? [];
  const stories = config === undefined ? [] : globSync(`${dirname(config)}/*.story.ts`);
  return stories.flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/'npm', \['run', '--silent', '([\w:]+)'/g)].map(
      ([, name = '']) => name,
    ),
  );
}

/** Every script that runs when a text does. */
function reachedFrom(text: string, known: Readonly<Record<string, string>>): ReadonlySet<string> {
  const reached = new Set<string>();
  const visit = (names: readonly string[]) => {
    for (const name of names) {
      const command = known[name];
      if (command === undefined || reached.has(name)) continue;
      reached.add(name);
      visit([...calledBy(command), ...calledInSuite(command)]);
    }
  };
  visit(calledBy(text));
  return reached;
}

test('.ci/run runs every script of package.json', () => {
  const reached = reachedFrom(readFileSync('.ci/run', 'utf8'), scripts);
  const missing = Object.keys(scripts).filter((name) => !reached.has(name) && !LIFECYCLE.includes(name));
  expect(missing).toEqual([]);
});

test('a script that .ci/run does not run is noticed, and a call in a comment does not count', () => {
  const known = { a: 'npm run b', b: 'node b.ts', c: 'node c.ts' };
  expect([...reachedFrom('npm run a\n# npm run c\n', known)]).toEqual(['a', 'b']);
});
