// Covers: shared/tasks/read-lines.ts, local/replay/conversations.ts, local/replay/plan.ts
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Conversation, readConversations } from '../../local/replay/conversations.ts';
import { planTasks } from '../../local/replay/plan.ts';
import { readTrace } from '../../shared/tasks/trace.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'agentpool-test-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function file(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

describe('a trace', () => {
  test('a trace is read, compressed or not', async () => {
    const text = 'arrival_s,work_s\n0.5,2\r\n0.5,3\n';
    const expected = [
      { atSeconds: 0.5, durationSeconds: 2 },
      { atSeconds: 0.5, durationSeconds: 3 },
    ];
    expect(await readTrace(await file('good.csv', text))).toEqual(expected);
    expect(await readTrace(await file('good.csv.gz', gzipSync(text)))).toEqual(expected);
  });

  test.each([
    ['unsorted', 'arrival_s,work_s\n5,1\n4,1\n', 'line 3 is "4,1", which is before the line above it'],
    ['negative', 'arrival_s,work_s\n-5,1\n', 'line 2 is "-5,1", times cannot be negative'],
    ['not a number', 'arrival_s,work_s\n1,x\n', 'line 2 is "1,x", expected two numbers'],
    ['a number missing', 'arrival_s,work_s\n1,\n', 'line 2 is "1,", expected two numbers'],
    ['three numbers', 'arrival_s,work_s\n1,2,3\n', 'expected two numbers'],
    ['no header', '1,2\n', 'line 1 is "1,2", expected "arrival_s,work_s"'],
    ['no tasks', 'arrival_s,work_s\n', 'has no tasks'],
  ])('a trace is rejected with the line at fault: %s', async (name, text, message) => {
    await expect(readTrace(await file(`${name}.csv`, text))).rejects.toThrow(message);
  });

  test('a missing trace is reported', async () => {
    await expect(readTrace(join(folder, 'none.csv'))).rejects.toThrow('no such file');
  });
});

describe('conversations', () => {
  test('conversations are split into turns that end with the assistant', async () => {
    const messages = ['system', 'user', 'assistant', 'tool', 'assistant', 'user'].map((role) => ({ role }));
    const [conversation] = await readConversations(
      await file('c.jsonl', JSON.stringify({ id: 'a', messages })),
    );
    expect(conversation?.turns.map((turn) => turn.length)).toEqual([3, 2]);
  });

  test.each([
    ['{"id":"a"}', 'line 1, messages'],
    ['nonsense', 'line 1: invalid JSON'],
    ['{"id":"a","messages":[{"role":"user"}]}', "no conversation with an assistant's message"],
  ])('a file of conversations is rejected: %s', async (text, message) => {
    await expect(readConversations(await file('bad.jsonl', text))).rejects.toThrow(message);
  });
});

test('a plan gives each arrival the next turn of its conversation', () => {
  const conversation: Conversation = { id: 'a', turns: [[{ n: 1 }, { n: 2 }], [{ n: 3 }]] };
  const arrivals = Array.from({ length: 100 }, (_, index) => ({ atSeconds: index, durationSeconds: 1 }));
  const planned = planTasks(arrivals, [conversation], 10);
  const held = new Map<string, number>();
  for (const { contextId, payload } of planned) {
    expect(payload.from).toBe(held.get(contextId) ?? 0);
    held.set(contextId, payload.from + payload.messages.length);
  }
  expect(planned.at(-1)).toMatchObject({ atSeconds: 9.9, payload: { durationSeconds: 0.1 } });
});
