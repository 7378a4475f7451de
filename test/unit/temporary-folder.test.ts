// Covers: local/temporary-folder.ts
import { existsSync, mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { temporaryFolder } from '../../local/temporary-folder.ts';

afterEach(() => vi.unstubAllEnvs());

test('a temporary folder removes those of runs that have ended, and no others', async () => {
  const root = mkdtempSync(join(tmpdir(), 'agentpool-folders-'));
  vi.stubEnv('TMPDIR', root);
  // The largest process ID that Linux gives is a quarter of that.
  const [ended, running, other] = ['demo-16777216-a', `demo-${process.pid}-b`, 'cdk-16777216-c'];
  for (const name of [ended, running, other]) mkdirSync(join(root, `agentpool-${name}`));
  expect(existsSync(await temporaryFolder('demo'))).toBe(true);
  const left = [ended, running, other].map((name) => existsSync(join(root, `agentpool-${name}`)));
  expect(left).toEqual([false, true, true]);
});
