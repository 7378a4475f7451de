import { expect, test, vi } from 'vitest';
import type { QueueCounts } from '../../shared/core/observation.ts';
import type { TaskRecord } from '../../shared/core/pool/task-record.ts';
import { closeLost } from '../../shared/runtime/close-lost.ts';
import { NOW_MS } from './build.ts';
import { virtualClock } from './virtual-clock.ts';

const HOUR_MS = 3_600_000;
const DAY_SECONDS = 86_400;
const queued = (id: string, ageMs: number, contextId?: string): TaskRecord => ({
  id,
  ...(contextId !== undefined && { contextId }),
  sentAtMs: NOW_MS - ageMs,
  attempts: 0,
  returned: 0,
  status: 'queued',
});
const running = (id: string, ageMs: number, contextId?: string): TaskRecord => ({
  ...queued(id, ageMs, contextId),
  attempts: 1,
  status: 'running',
  agentId: 'a',
  attemptStartedAtMs: NOW_MS,
});
const empty = { visible: 0, inFlight: 0, delayed: 0 };
const busy = { visible: 4, inFlight: 2, delayed: 0 };

/** The IDs that are closed, with these open tasks and one reading of the queue after the other. */
async function closed(
  open: readonly TaskRecord[],
  ...readings: readonly QueueCounts[]
): Promise<readonly string[]> {
  const counts = vi.fn();
  for (const reading of readings) counts.mockResolvedValueOnce(reading);
  counts.mockResolvedValue(readings.at(-1));
  const tasks = { open: async () => open, lose: async () => true };
  const lost = await closeLost(
    { queue: { counts }, tasks, clock: virtualClock() },
    { retentionSeconds: 7 * DAY_SECONDS },
  );
  return lost.map(({ id }) => id);
}

test('open tasks of a queue that stays empty are lost, running ones too, but none that was just sent', async () => {
  const open = [queued('a', HOUR_MS), running('b', HOUR_MS), queued('new', 60_000)];
  expect(await closed(open, empty)).toEqual(['a', 'b']);
});
test('one empty reading proves nothing, since counts lag', async () => {
  expect(await closed([queued('a', HOUR_MS)], empty, empty, busy)).toEqual([]);
});
test('a task older than messages can be is lost', async () => {
  expect(await closed([queued('a', 8 * 24 * HOUR_MS), queued('b', 6 * 24 * HOUR_MS)], busy)).toEqual(['a']);
});
test('a redriven task has a new message, as old as the redrive', async () => {
  const old = 8 * 24 * HOUR_MS;
  const redriven = { ...running('a', old), queuedAtMs: NOW_MS - HOUR_MS };
  expect(await closed([redriven, queued('b', old)], busy)).toEqual(['b']);
});
test('a task that others sent an hour later have overtaken is lost', async () => {
  expect(await closed([queued('a', 3 * HOUR_MS), running('b', HOUR_MS)], busy)).toEqual(['a']);
  expect(await closed([queued('a', 3 * HOUR_MS), running('b', 2.5 * HOUR_MS)], busy)).toEqual([]);
});
test('a task queued behind another one of its conversation is not overtaken', async () => {
  const turns = [
    running('first', 4 * HOUR_MS, 'c'),
    queued('second', 3 * HOUR_MS, 'c'),
    running('b', HOUR_MS),
  ];
  expect(await closed(turns, busy)).toEqual([]);
});
test('a task that has started is not taken for overtaken while its message may be in flight', async () => {
  expect(await closed([running('long', 5 * HOUR_MS), running('b', HOUR_MS)], busy)).toEqual([]);
});
