import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { addUp, checkConversations, type Evidence, readCompletions } from '../../local/demo/accounts.ts';
import type { Task as EcsTask } from '../../local/ecs/model.ts';
import type { PlannedTask } from '../../local/replay/plan.ts';
import type { Contexts } from '../../shared/contexts/contexts.ts';
import type { TaskRecord } from '../../shared/core/pool/task-record.ts';
import { instance, NOW_MS } from './build.ts';

/** What the demo finds in the evidence of a run that went wrong. */
const planned = (id: string, from = 0): PlannedTask => ({
  id,
  contextId: 'conversation',
  atSeconds: 0,
  payload: { durationSeconds: 1, from, messages: [{}] },
});

const done = (id: string, queueWaitMs = 1_000): TaskRecord => ({
  id,
  sentAtMs: NOW_MS,
  attempts: 1,
  returned: 0,
  startedAtMs: NOW_MS + queueWaitMs,
  status: 'done',
  agentId: 'agent-0',
  attemptStartedAtMs: NOW_MS + queueWaitMs,
  endedAtMs: NOW_MS + queueWaitMs + 2_000,
  result: { kind: 'inline', json: '1' },
  traffic: { bytesRead: 10, bytesWritten: 20 },
});

const ecsTask = (id: string, stopCode?: EcsTask['stopCode']) =>
  ({ id, createdAtMs: NOW_MS, stoppedAtMs: NOW_MS + 60_000, ...(stopCode && { stopCode }) }) as EcsTask;

const evidence = (changes: Partial<Evidence> = {}): Evidence => ({
  planned: [planned('a'), planned('b', 1)],
  records: [done('a'), done('b', 3_000)],
  instances: [],
  ecsTasks: [ecsTask('agent-0')],
  completions: new Map([
    ['a', 1],
    ['b', 1],
  ]),
  conversations: { short: 0, long: 0 },
  concurrency: 1,
  objective: { percent: 95, withinSeconds: 2 },
  span: { fromMs: NOW_MS, toMs: NOW_MS + 120_000 },
  ...changes,
});

test('a demo without faults adds up', () => {
  expect(addUp(evidence())).toEqual({
    sent: 2,
    completed: 2,
    failed: 0,
    lost: 0,
    duplicated: 0,
    busyStopped: 0,
    queueWaitSeconds: { p50: 1, p95: 3, max: 3 },
    agentsStarted: 1,
    agentsStopped: 0,
    agentSecondsPaid: 60,
    concurrency: 1,
    slotSecondsUsed: 4,
    contextBytesWritten: 40,
    contextBytesRead: 20,
    objective: { percent: 95, withinSeconds: 2 },
    inTimeShare: 0.5,
    startupSeconds: undefined,
  });
});

test.each<[string, Partial<Evidence>, object]>([
  ['a task without a record is lost', { records: [done('a'), undefined] }, { completed: 1, lost: 1 }],
  ['a task missing in its conversation is lost', { conversations: { short: 1, long: 0 } }, { lost: 1 }],
  ['a task that completed twice is duplicated', { completions: new Map([['a', 2]]) }, { duplicated: 1 }],
  [
    'a turn twice in its conversation is duplicated',
    { conversations: { short: 0, long: 1 } },
    { duplicated: 1 },
  ],
  [
    'an agent with a task that a scale-in stopped',
    {
      ecsTasks: [
        ecsTask('agent-0', 'ServiceSchedulerInitiated'),
        ecsTask('agent-1', 'ServiceSchedulerInitiated'),
      ],
      instances: [instance({ id: 'agent-0', status: 'stopped', interruptedTasks: ['a'] })],
    },
    { agentsStopped: 2, busyStopped: 1 },
  ],
])('the summary of a demo reports %s', (_case, changes, expected) => {
  expect(addUp(evidence(changes))).toMatchObject(expected);
});

test.each([
  [1, { short: 1, long: 0 }],
  [2, { short: 0, long: 0 }],
  [3, { short: 0, long: 1 }],
])('a conversation of two turns with %i messages is counted', async (messages, expected) => {
  const contexts = { restore: async () => ({ value: { messages: Array(messages) } }) } as unknown as Contexts;
  const { planned, records } = evidence();
  expect(await checkConversations(planned, records, contexts)).toEqual(expected);
});

test("completions are read from the agents' logs, truncated ones included", async () => {
  const folder = await mkdtemp(join(tmpdir(), 'agentpool-test-'));
  const line = (taskId: string) => `${JSON.stringify({ message: 'task completed', taskId })}\n`;
  await writeFile(join(folder, 'agent-1.log'), line('a') + line('b') + line('c').slice(0, -5));
  await writeFile(join(folder, 'agent-2.log'), line('a'));
  expect(await readCompletions(folder)).toEqual(
    new Map([
      ['a', 2],
      ['b', 1],
    ]),
  );
  await rm(folder, { recursive: true });
});
