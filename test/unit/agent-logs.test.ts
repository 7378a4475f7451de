// Covers: console/deployed/agent-logs.ts
import { CloudWatchLogsClient, type FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { agentLogs } from '../../console/deployed/agent-logs.ts';

const NOW_MS = Date.UTC(2026, 0, 5);
const HOUR_MS = 3_600_000;
const LAST_HOUR = { fromMs: NOW_MS - HOUR_MS, toMs: NOW_MS };
const LOGS = { kind: 'groups', groups: { pools: { support: 'group' }, functions: {} as never } } as const;

beforeEach(() => void vi.useFakeTimers({ now: NOW_MS }));
afterEach(() => void vi.useRealTimers());

type Request = { fromMs: number; toMs: number; page: number };

/** Logs that take `pages` for each request, with one attempt per page. */
function logsOf(pages: (fromMs: number, toMs: number) => number) {
  const requests: Request[] = [];
  const client = new CloudWatchLogsClient({ region: 'us-east-1' });
  const failing = { error: undefined as Error | undefined };
  vi.spyOn(client, 'send').mockImplementation((async ({ input }: FilterLogEventsCommand) => {
    if (failing.error) throw failing.error;
    const { startTime: fromMs = 0, endTime: toMs = 0, nextToken = '0' } = input;
    const page = Number(nextToken);
    requests.push({ fromMs, toMs, page });
    const timestamp = new Date(fromMs + page).toISOString();
    const line = { level: 'INFO', message: 'task started', timestamp, pool: 'support', agent: 'a' };
    return {
      events: [{ message: JSON.stringify({ ...line, taskId: `t${timestamp}` }) }],
      ...(page + 1 < pages(fromMs, toMs) && { nextToken: String(page + 1) }),
    };
  }) as never);
  return { requests, failing, logs: agentLogs(client, { logs: LOGS }) };
}

describe("agents' logs", () => {
  test('are read from the newest slice to the oldest', async () => {
    const { requests, logs } = logsOf(() => 1);
    await logs.lanes('support', LAST_HOUR);
    const minutes = requests.map(({ fromMs, toMs }) => [
      (NOW_MS - toMs) / 60_000,
      (NOW_MS - fromMs) / 60_000,
    ]);
    expect(minutes).toEqual([
      [0, 10],
      [10, 30],
      [30, 60],
    ]);
  });

  test('that are too many for one request are read over several, each page once, but for what may be late', async () => {
    const { requests, logs } = logsOf((fromMs, toMs) => Math.max(1, Math.round((toMs - fromMs) / 15_000)));
    const first = await logs.lanes('support', LAST_HOUR);
    expect(requests).toHaveLength(30);
    expect(first[0]?.attempts).toHaveLength(30);
    for (let request = 0; request < 12; request += 1) await logs.lanes('support', LAST_HOUR);
    const pages = requests.filter(({ toMs }) => toMs < NOW_MS - 30_000);
    expect(new Set(pages.map((each) => JSON.stringify(each))).size).toBe(pages.length);
    expect(Math.min(...requests.map(({ fromMs }) => fromMs))).toBe(LAST_HOUR.fromMs);
    const before = requests.length;
    await logs.lanes('support', LAST_HOUR);
    // The last 30 s only, in two pages.
    expect(requests.slice(before).every(({ fromMs }) => fromMs >= NOW_MS - 30_000)).toBe(true);
  });

  test('are read on from the page where a request failed', async () => {
    const { requests, failing, logs } = logsOf(() => 50);
    await logs.lanes('support', LAST_HOUR);
    failing.error = new Error('slow down');
    await expect(logs.lanes('support', LAST_HOUR)).rejects.toThrow('slow down');
    failing.error = undefined;
    await logs.lanes('support', LAST_HOUR);
    expect(requests[30]).toMatchObject({ page: 30, toMs: NOW_MS });
  });

  test('are read once by requests at the same time', async () => {
    const { requests, logs } = logsOf(() => 1);
    await Promise.all([logs.lanes('support', LAST_HOUR), logs.latest('support')]);
    expect(requests.filter(({ toMs }) => toMs < NOW_MS)).toHaveLength(2);
  });

  test('of a task that has ended are read once, in its own time', async () => {
    const { requests, logs } = logsOf(() => 1);
    const range = { fromMs: NOW_MS - 3 * HOUR_MS, toMs: NOW_MS - 2 * HOUR_MS };
    await logs.attemptsAt('support', 't', range);
    expect(Math.min(...requests.map(({ fromMs }) => fromMs))).toBe(range.fromMs);
    expect(Math.max(...requests.map(({ toMs }) => toMs))).toBe(range.toMs);
    const before = requests.length;
    await logs.attemptsAt('support', 't', range);
    expect(requests).toHaveLength(before);
  });
});
