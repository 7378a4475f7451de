import { type CloudWatchLogsClient, paginateFilterLogEvents } from '@aws-sdk/client-cloudwatch-logs';
import type { StackOutputs } from '../../shared/aws/stack-outputs.ts';
import { type Attempt, type Lane, lanes, type TimeRange } from '../lanes.ts';

/** A line may arrive this much later than it was written: "A log event might be available for reading some time after". */
const LATE_MS = 30_000;
/** Pages that one request reads at most. The next goes on from there. */
const PAGES = 30;
/** For one task: it has few lines, so most pages are empty, and the page of an ended task asks only once. */
const TASK_PAGES = 100;
/** The newest lines of a range are read first, then older ones in slices that double where there's little. */
const SLICE_MS = 10 * 60_000;
/** A slice with at most this many pages has little. */
const FEW_PAGES = 2;
/** How far back the ended tasks of a list are searched for. */
const LISTED_MS = 3_600_000;
const LATEST_TASKS = 200;
/** Tasks whose lines aren't read again once they've been. */
const TASKS_KEPT = 1_000;

/** Lines about an agent's life have one of these fields, and nearly no others do. */
const OF_INTEREST = '?taskId ?launchedAtMs ?cause';

/** A slice whose pages have been read up to `token`. */
type Unfinished = TimeRange & { readonly token: string; readonly sinceMs: number };

/** What has been read of a pool's logs, or of its lines about one task. */
type Reading = {
  readonly pool: string;
  readonly pattern: string;
  /** Apart from each other, the oldest first. */
  done: readonly TimeRange[];
  unfinished: readonly Unfinished[];
  /** The request that reads now: others wait, so that nothing is read twice. */
  turn: Promise<void>;
};

/** What agents of a deployed stack did, from their logs. FilterLogEvents costs nothing. */
export function agentLogs(client: CloudWatchLogsClient, { logs }: Pick<StackOutputs, 'logs'>) {
  const ofPools = new Map<string, Reading>();
  const ofTasks = new Map<string, Reading>();
  const found = lanes();

  /** Reads what's missing of a range, the newest first, and again what may have arrived late. */
  function read(reading: Reading, range: TimeRange, pages = PAGES): Promise<void> {
    const turn = reading.turn.then(() => readMissing(reading, range, pages));
    // Who waits for its turn doesn't fail with the one before.
    reading.turn = turn.catch(() => undefined);
    return turn;
  }

  async function readMissing(reading: Reading, range: TimeRange, pages: number): Promise<void> {
    let left = pages;
    for (const gap of gapsIn(reading.done, range)) {
      let sliceMs = SLICE_MS;
      let toMs = gap.toMs;
      while (toMs > gap.fromMs) {
        const slice = nextSlice(reading.unfinished, { fromMs: gap.fromMs, toMs }, sliceMs);
        const used = await readSlice(reading, slice, left);
        left -= used;
        if (left <= 0) return;
        if (used <= FEW_PAGES) sliceMs *= 2;
        toMs = slice.fromMs;
      }
    }
  }

  /** Reads a slice, or as much of it as there are pages left. Returns how many it took. */
  async function readSlice(
    reading: Reading,
    { fromMs, toMs, token, sinceMs = Date.now() }: TimeRange & Partial<Unfinished>,
    pagesLeft: number,
  ): Promise<number> {
    reading.unfinished = reading.unfinished.filter((each) => each.token !== token);
    const pages = paginateFilterLogEvents(
      { client, ...(token !== undefined && { startingToken: token }) },
      {
        logGroupName: groupOf(reading.pool),
        startTime: Math.floor(fromMs),
        endTime: Math.ceil(toMs),
        filterPattern: reading.pattern,
      },
    );
    let used = 0;
    let next = token;
    const leave = () => {
      if (next !== undefined)
        reading.unfinished = [...reading.unfinished, { fromMs, toMs, token: next, sinceMs }];
    };
    try {
      for await (const { events = [], nextToken } of pages) {
        for (const { message = '' } of events) found.addLine(message.trimEnd());
        used += 1;
        next = nextToken;
        if (next === undefined || used < pagesLeft) continue;
        leave();
        return used;
      }
    } catch (error) {
      // A token that has expired isn't valid any more: the slice is read again from its beginning.
      if (!(error instanceof Error && error.name === 'InvalidParameterException')) leave();
      throw error;
    }
    reading.done = merged(reading.done, { fromMs, toMs: Math.min(toMs, sinceMs - LATE_MS) });
    return used;
  }

  /** @throws Error for a stack of an earlier version. */
  function groupOf(pool: string): string {
    const group = logs.kind === 'groups' ? logs.groups.pools[pool] : undefined;
    if (group !== undefined) return group;
    throw new Error("the stack doesn't say where its logs are: deploy it again with this version");
  }

  return {
    /** As far as they've been read: a range with much in it takes several requests. */
    async lanes(pool: string, range: TimeRange): Promise<readonly Lane[]> {
      const reading = readingOf(ofPools, pool);
      await read(reading, { ...range, toMs: Math.min(range.toMs, Date.now()) });
      return found.of(pool, range);
    },
    async latest(pool: string): Promise<readonly Attempt[]> {
      await read(readingOf(ofPools, pool), { fromMs: Date.now() - LISTED_MS, toMs: Date.now() });
      return found.latest(pool, LATEST_TASKS);
    },
    /** The attempts at a task, whose lines are in `range`. */
    async attemptsAt(pool: string, taskId: string, range: TimeRange): Promise<readonly Attempt[]> {
      const reading = readingOf(ofTasks, pool, `"${taskId.replaceAll('"', '')}"`);
      const [oldest = ''] = ofTasks.keys();
      if (ofTasks.size > TASKS_KEPT) ofTasks.delete(oldest);
      await read(reading, { ...range, toMs: Math.min(range.toMs, Date.now()) }, TASK_PAGES);
      return found.attemptsAt(taskId);
    },
  };
}

function readingOf(readings: Map<string, Reading>, pool: string, pattern = OF_INTEREST): Reading {
  const key = `${pool} ${pattern}`;
  const reading = readings.get(key) ?? {
    pool,
    pattern,
    done: [],
    unfinished: [],
    turn: Promise.resolve(),
  };
  readings.set(key, reading);
  return reading;
}

/** The newest slice of a gap: one that was begun, or one that ends where one was begun. */
function nextSlice(
  unfinished: readonly Unfinished[],
  { fromMs, toMs }: TimeRange,
  sliceMs: number,
): TimeRange & Partial<Unfinished> {
  const begun = unfinished
    .filter((each) => each.toMs <= toMs && each.toMs > fromMs)
    .toSorted((a, b) => b.toMs - a.toMs)[0];
  if (begun?.toMs === toMs) return begun;
  return { fromMs: Math.max(fromMs, toMs - sliceMs, begun?.toMs ?? 0), toMs };
}

/** The parts of a range that aren't done, the newest first. */
function gapsIn(done: readonly TimeRange[], { fromMs, toMs }: TimeRange): readonly TimeRange[] {
  const gaps: TimeRange[] = [];
  let cursor = toMs;
  for (const each of done.toReversed()) {
    if (each.toMs < cursor && cursor > fromMs)
      gaps.push({ fromMs: Math.max(fromMs, each.toMs), toMs: cursor });
    cursor = Math.min(cursor, each.fromMs);
  }
  if (cursor > fromMs) gaps.push({ fromMs, toMs: cursor });
  return gaps;
}

function merged(done: readonly TimeRange[], added: TimeRange): readonly TimeRange[] {
  if (added.toMs <= added.fromMs) return done;
  const touching = done.filter((each) => each.fromMs <= added.toMs && each.toMs >= added.fromMs);
  const whole = {
    fromMs: Math.min(added.fromMs, ...touching.map((each) => each.fromMs)),
    toMs: Math.max(added.toMs, ...touching.map((each) => each.toMs)),
  };
  const others = done.filter((each) => !touching.includes(each));
  return [...others, whole].toSorted((a, b) => a.fromMs - b.fromMs);
}
