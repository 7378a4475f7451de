// Covers: agent/delegate.ts, agent/environment.ts, shared/core/pool/config-problems.ts
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { delegating } from '../../agent/delegate.ts';
import { startLocalStack } from '../../local/stack.ts';
import { openPool } from '../../shared/aws/open-pool.ts';
import { parseProject } from '../../shared/core/pool/config.ts';
import type { NewTask } from '../../shared/tasks/client.ts';

const directory = mkdtempSync(join(tmpdir(), 'agentpool-delegate-'));
const handler = (name: string, text: string) => {
  writeFileSync(join(directory, name), text);
  return join(directory, name);
};

/** Fails at its first attempt, after it has sent its tasks. */
const ASKING = `
  export default async ({ payload, attempt }, _context, { send }) => {
    const ids = [];
    for (const topic of payload.topics) ids.push(await send('research', { payload: { topic }, contextId: topic }));
    if (attempt === 1) throw new Error('again');
    return { result: ids };
  };`;
const RESEARCH = `export default async ({ payload }) => ({ result: 'about ' + payload.topic });`;
const POOLS = [
  {
    name: 'support',
    handler: handler('asking.mjs', ASKING),
    min: 1,
    pollSeconds: 1,
    retryBackoff: { firstSeconds: 0 },
    delegatesTo: ['research'],
  },
  { name: 'research', handler: handler('research.mjs', RESEARCH), min: 1, pollSeconds: 1 },
];

describe('a pool that delegates to another one, on the local stack', () => {
  let stack: Awaited<ReturnType<typeof startLocalStack>>;
  beforeAll(async () => {
    stack = await startLocalStack({
      pools: POOLS,
      startDelayMs: 50,
      logDirectory: mkdtempSync(join(tmpdir(), 'agentpool-test-')),
      scheduled: false,
    });
  }, 60_000);
  afterAll(() => stack.close());

  test('its handler sends tasks, each once, however often it is called', async () => {
    const [support, research] = ['support', 'research'].map((name) => openPool(stack.outputs, name).client);
    const id = await support?.sendTask({ id: 'q-1', payload: { topics: ['tea', 'salt'] } });
    const task = await support?.waitForTask(id ?? '', 60_000);
    expect(task).toMatchObject({
      status: 'done',
      result: ['support/q-1/research-1', 'support/q-1/research-2'],
      record: { attempts: 2 },
    });
    for (const [index, topic] of ['tea', 'salt'].entries())
      expect(await research?.waitForTask(`support/q-1/research-${index + 1}`, 60_000)).toMatchObject({
        result: `about ${topic}`,
        record: { attempts: 1, contextId: topic },
      });
  });
});

test('a handler cannot send to a pool that its own does not delegate to', async () => {
  const send = delegating(() => undefined, { pool: 'support', taskId: 't' });
  await expect(send('billing', { payload: 1 })).rejects.toThrow(
    `pool "support" can't send to pool "billing": add it to delegatesTo in the configuration of "support"`,
  );
});

test('a task with a long ID names the tasks it sends, within the limit and one to one', async () => {
  const sent: (string | undefined)[] = [];
  const client = { sendTask: vi.fn(async ({ id }: NewTask) => void sent.push(id) as never) };
  const send = delegating(() => client, { pool: 'support', taskId: 'ü'.repeat(128) });
  for (let index = 0; index < 2; index++) await send('research', { payload: index });
  await send('research', { payload: 3, id: 'mine' });
  expect(new Set(sent).size).toBe(3);
  expect(sent.at(-1)).toBe('mine');
  for (const id of sent) expect(Buffer.byteLength(id ?? '')).toBeLessThanOrEqual(256);
});

test('pools of a project delegate to each other only', () => {
  const pools = [
    { name: 'a', handler: './a.ts', delegatesTo: ['b', 'a'] },
    { name: 'b', handler: './b.ts' },
  ];
  expect(parseProject(pools)).toHaveLength(2);
  expect(() => parseProject([{ name: 'a', handler: './a.ts', delegatesTo: ['c'] }])).toThrow(
    'pool "a", field delegatesTo: invalid value "c": expected a pool of this project (a)',
  );
});
