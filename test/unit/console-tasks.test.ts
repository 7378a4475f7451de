// Covers: console/tasks.ts, console/page/tasks/shown-attempts.ts
import { describe, expect, test } from 'vitest';
import { shownAttempts } from '../../console/page/tasks/shown-attempts.ts';
import { findStory, listTasks } from '../../console/tasks.ts';
import type { OpenPool } from '../../shared/aws/open-pool.ts';

const AT_MS = 1_767_571_200_000;
const base = { attempts: 1, returned: 0, sentAtMs: AT_MS };
const queued = { ...base, id: 'queued', status: 'queued' };
const failed = { ...base, id: 'failed', status: 'failed', reason: 'no', endedAtMs: AT_MS + 9_000 };

const pool = (open: readonly object[] = [queued], failures: readonly object[] = [failed]) =>
  ({
    pool: { name: 'support' },
    tasks: {
      open: async () => open,
      failed: async () => failures,
      get: async (id: string) => [queued, failed].find((each) => each.id === id),
    },
    objects: { async *list() {} },
  }) as unknown as OpenPool;

const refused = async () => {
  throw new Error('not authorized to perform: FilterLogEvents');
};
const unreadable = { latest: refused, attemptsAt: refused };

describe("when the agents' logs can't be read", () => {
  test('a list has the tasks of the index, and a whole ID finds its task', async () => {
    const ids = async (query: object) => (await listTasks([pool()], query, unreadable)).map(({ id }) => id);
    expect(await ids({})).toEqual(['failed', 'queued']);
    expect(await ids({ text: 'queued' })).toEqual(['queued']);
  });

  test('a list that would be empty says why instead', async () => {
    await expect(listTasks([pool()], { status: 'done' }, unreadable)).rejects.toThrow('not authorized');
    await expect(listTasks([pool([], [])], {}, unreadable)).rejects.toThrow('not authorized');
  });

  test('a task has its record, and says why it has no attempts', async () => {
    expect(await findStory([pool()], 'failed', unreadable)).toMatchObject({
      task: { id: 'failed', reason: 'no' },
      attempts: [],
      logsProblem: 'not authorized to perform: FilterLogEvents',
    });
  });
});

test('the attempts at a task are searched for in its own time', async () => {
  const ranges: object[] = [];
  const attemptsAt = async (_pool: string, _id: string, range: object) => {
    ranges.push(range);
    return [];
  };
  await findStory([pool()], 'failed', { latest: refused, attemptsAt });
  expect(ranges).toEqual([{ fromMs: AT_MS - 30_000, toMs: AT_MS + 39_000 }]);
});

describe('an attempt without an end', () => {
  const attempt = (seconds: number) => ({ agentId: 'a', taskId: 't', startedAtMs: AT_MS + 1000 * seconds });
  const running = { status: 'running' } as const;

  test('is running if it is the last one of a task that runs', () => {
    expect(shownAttempts(running, [attempt(1)])).toEqual([{ ...attempt(1), outcome: 'running' }]);
  });

  test('is lost where the next one started', () => {
    expect(shownAttempts(running, [attempt(1), attempt(5)])).toMatchObject([
      { outcome: 'lost', endedAtMs: AT_MS + 5_000 },
      { outcome: 'running' },
    ]);
  });

  test('ends with its task, which has completed or has lost it', () => {
    const endedAtMs = AT_MS + 9_000;
    expect(shownAttempts({ status: 'failed', endedAtMs }, [attempt(1)])).toMatchObject([
      { outcome: 'lost', endedAtMs },
    ]);
    expect(shownAttempts({ status: 'done', endedAtMs }, [attempt(1)])).toMatchObject([
      { outcome: 'completed', endedAtMs },
    ]);
  });
});
