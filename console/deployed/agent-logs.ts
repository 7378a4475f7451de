import { type CloudWatchLogsClient, paginateFilterLogEvents } from '@aws-sdk/client-cloudwatch-logs';
import type { StackOutputs } from '../../shared/aws/stack-outputs.ts';
import { type Attempt, type Lane, lanes, type TimeRange } from '../lanes.ts';

/** A line may arrive this much later than it was written: "A log event might be available for reading some time after". */
const LATE_MS = 30_000;
/** Events that one read takes at most: a hundred pages. */
const EVENTS_AT_MOST = 100_000;
/** How far back the ended tasks of a list are searched for. */
const LISTED_MS = 3_600_000;
/** How far back attempts at one task are searched for: as long as its record is kept. */
const TASK_MS = 14 * 24 * 3_600_000;
const LATEST_TASKS = 200;

/** Lines about an agent's life have one of these fields, and nearly no others do. */
const OF_INTEREST = '?taskId ?launchedAtMs ?cause';

/** What has been read of a pool's logs. */
type Span = { fromMs: number; toMs: number };

/** What agents of a deployed stack did, from their logs. FilterLogEvents costs nothing. */
export function agentLogs(client: CloudWatchLogsClient, { logs }: Pick<StackOutputs, 'logs'>) {
  const read = new Map<string, Span>();
  const found = lanes();

  async function add(pool: string, range: TimeRange, pattern = OF_INTEREST): Promise<void> {
    let events = 0;
    const pages = paginateFilterLogEvents(
      { client },
      {
        logGroupName: groupOf(pool),
        startTime: Math.floor(range.fromMs),
        endTime: Math.ceil(range.toMs),
        filterPattern: pattern,
      },
    );
    for await (const { events: page = [] } of pages) {
      for (const { message = '' } of page) found.addLine(message.trimEnd());
      events += page.length;
      if (events >= EVENTS_AT_MOST)
        throw new Error('the agents logged too much in this range to be shown: zoom in');
    }
  }

  /** @throws Error for a stack of an earlier version. */
  function groupOf(pool: string): string {
    const group = logs.kind === 'groups' ? logs.groups.pools[pool] : undefined;
    if (group !== undefined) return group;
    throw new Error("the stack doesn't say where its logs are: deploy it again with this version");
  }

  /** Reads what's missing of a range, and again what may have arrived late. */
  async function readRange(pool: string, { fromMs, toMs }: TimeRange): Promise<void> {
    const known = read.get(pool);
    if (!known || toMs < known.fromMs || fromMs > known.toMs) {
      await add(pool, { fromMs, toMs });
      read.set(pool, { fromMs, toMs });
      return;
    }
    if (fromMs < known.fromMs) await add(pool, { fromMs, toMs: known.fromMs });
    if (toMs > known.toMs) await add(pool, { fromMs: known.toMs - LATE_MS, toMs });
    read.set(pool, { fromMs: Math.min(fromMs, known.fromMs), toMs: Math.max(toMs, known.toMs) });
  }

  return {
    async lanes(pool: string, range: TimeRange): Promise<readonly Lane[]> {
      await readRange(pool, { ...range, toMs: Math.min(range.toMs, Date.now()) });
      return found.of(pool, range);
    },
    async latest(pool: string): Promise<readonly Attempt[]> {
      await readRange(pool, { fromMs: Date.now() - LISTED_MS, toMs: Date.now() });
      return found.latest(pool, LATEST_TASKS);
    },
    async attemptsAt(pool: string, taskId: string): Promise<readonly Attempt[]> {
      await add(pool, { fromMs: Date.now() - TASK_MS, toMs: Date.now() }, `"${taskId.replaceAll('"', '')}"`);
      return found.attemptsAt(taskId);
    },
  };
}
