// Covers: functions/compact/handler.ts, shared/aws/dynamo-compaction.ts, shared/contexts/merge-chain.ts, shared/contexts/new-patterns.ts
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';
import { startTestStack } from '../emulated/stack.ts';

const KIB = 1024;
const stack = await startTestStack();
afterAll(() => stack.close());

/** A conversation whose text grows by a little each turn, and compresses badly. */
async function converse(contextId: string, bytes: number, turns: number): Promise<void> {
  let text = randomBytes(bytes / 2).toString('hex');
  for (let turn = 0; turn < turns; turn++) {
    const after = await stack.contexts.restore(contextId);
    const by = { taskId: `${contextId}-${turn}`, result: { kind: 'inline', json: '1' } } as const;
    await stack.contexts.save(contextId, { after, value: { text, turn }, by });
    text += randomBytes(100).toString('hex');
  }
}

/** Compacts two hours from now in a process of its own. Returns its report and its memory, in MB. */
async function compacted() {
  const { tableName, bucketName } = stack.stack.outputs;
  const args = ['test/slow/compact-once.ts', JSON.stringify({ pool: 'test', tableName, bucketName })];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout) as {
    report: { contexts: number; merged: number };
    startMb: number;
    peakMb: number;
  };
}

test.skipIf(process.platform !== 'linux')(
  'a compaction of contexts of all sizes takes little memory: its function has 256 MB',
  async () => {
    for (let index = 0; index < 48; index++) await converse(`learned-${index}`, 400 * KIB, 1);
    for (let index = 0; index < 4; index++) await converse(`merged-${index}`, 480 * KIB, 40);
    await converse('large', 8 * KIB * KIB, 3);
    const { report, startMb, peakMb } = await compacted();
    expect(report).toMatchObject({ contexts: 53, merged: 4 });
    console.log(`compaction: ${startMb} MB at its start, at most ${peakMb} MB`);
    // Bundled as the function is, it starts with some 90 MB.
    expect(peakMb - startMb).toBeLessThan(150);
  },
);

test('the function compacts the pool it is called for, once a day', async () => {
  await stack.function('compact').invoke({ pool: 'test' });
  const { compactions } = stack;
  const first = await compactions.load();
  expect(first).toMatchObject({ completedAtMs: expect.any(Number), latest: [] });
  await stack.function('compact').invoke({ pool: 'test' });
  expect(await compactions.load()).toEqual(first);
});
