import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeParts } from '../../sim/backtest/write.ts';

let file: string;
let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'agentpool-write-'));
  file = join(directory, 'page.md');
});
afterAll(() => rm(directory, { recursive: true }));

test('the parts that a page has markers for are replaced, and nothing else', async () => {
  await writeFile(
    file,
    'a\n<!-- one -->\nold\n<!-- /backtest -->\nb\n<!-- two -->\nold\n<!-- /backtest -->\nc\n',
  );
  await writeParts(file, { two: 'second', one: 'first', three: 'third' });
  expect(await readFile(file, 'utf8')).toBe(
    'a\n<!-- one -->\n\nfirst\n<!-- /backtest -->\nb\n<!-- two -->\n\nsecond\n<!-- /backtest -->\nc\n',
  );
});

test('a page without markers for any part is refused, with the markers that it needs', async () => {
  await writeFile(file, 'nothing here\n');
  await expect(writeParts(file, { one: 'first' })).rejects.toThrow(
    'has no <!-- one --> … <!-- /backtest -->',
  );
});
