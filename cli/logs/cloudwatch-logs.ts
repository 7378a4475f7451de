import {
  type CloudWatchLogsClient,
  type FilteredLogEvent,
  type FilterLogEventsCommandInput,
  paginateFilterLogEvents,
} from '@aws-sdk/client-cloudwatch-logs';
import type { LogGroups } from '../../shared/aws/stack-outputs.ts';
import {
  FUNCTIONS,
  isSelected,
  type LogEvent,
  type LogReader,
  type LogSelection,
  type LogSource,
} from './log-event.ts';

/** A line may arrive this much later than it was written: "A log event might be available for reading some time after". */
const LATE_MS = 30_000;
/** Most streams in one request: "Array Members: Minimum number of 1 item. Maximum number of 100 items." */
const STREAMS = 100;

type Group = { readonly name: string; sourceOf(stream: string): LogSource };

type CloudWatchLogs = {
  readonly client: CloudWatchLogsClient;
  readonly groups: LogGroups;
  readonly selection: LogSelection;
  readonly sinceMs: number;
};

/** The logs of a deployed stack, read with FilterLogEvents, which costs nothing. */
export function cloudWatchLogs({ client, groups, selection, sinceMs }: CloudWatchLogs): LogReader {
  const seen = new Set<string>();
  let fromMs = sinceMs;

  async function read(group: Group, narrowed: Partial<FilterLogEventsCommandInput>): Promise<LogEvent[]> {
    const found: FilteredLogEvent[] = [];
    const input = { logGroupName: group.name, startTime: fromMs, ...narrowed };
    for await (const { events = [] } of paginateFilterLogEvents({ client }, input)) found.push(...events);
    return found
      .filter(({ eventId = '' }) => !seen.has(eventId) && seen.add(eventId))
      .map(({ logStreamName = '', timestamp, message = '' }) => ({
        source: group.sourceOf(logStreamName),
        atMs: timestamp,
        text: message.trimEnd(),
      }));
  }

  /** The streams with a line that names the task. They're few, where a pool has thousands. */
  async function streamsOf(group: Group, taskId: string): Promise<readonly string[]> {
    const streams = new Set<string>();
    const input = { logGroupName: group.name, startTime: sinceMs, filterPattern: `"${taskId}"` };
    for await (const { events = [] } of paginateFilterLogEvents({ client }, input))
      for (const { logStreamName = '' } of events) streams.add(logStreamName);
    return [...streams].slice(-STREAMS);
  }

  async function readGroup(group: Group): Promise<readonly LogEvent[]> {
    if (selection.kind === 'agent')
      return read(group, { logStreamNames: [streamOf(selection.pool, selection.id)] });
    if (selection.kind !== 'task') return read(group, {});
    const streams = await streamsOf(group, selection.id);
    return streams.length === 0 ? [] : read(group, { logStreamNames: [...streams] });
  }

  return {
    async next() {
      const events = (await Promise.all(groupsOf(groups, selection).map(readGroup))).flat();
      const sorted = events.toSorted((a, b) => (a.atMs ?? 0) - (b.atMs ?? 0));
      fromMs = Math.max(fromMs, (sorted.at(-1)?.atMs ?? 0) - LATE_MS);
      return sorted;
    },
  };
}

function groupsOf({ pools, functions }: LogGroups, selection: LogSelection): readonly Group[] {
  const ofPools = Object.entries(pools).map(([pool, name]) => ({
    name,
    source: { kind: 'agent', id: '', pool } as const,
    sourceOf: (stream: string): LogSource => ({ kind: 'agent', id: stream.split('/').at(-1) ?? '', pool }),
  }));
  const ofFunctions = FUNCTIONS.map((name) => ({
    name: functions[name],
    source: { kind: 'function', name } as const,
    sourceOf: (): LogSource => ({ kind: 'function', name }),
  }));
  return [...ofPools, ...ofFunctions].filter(({ source }) =>
    isSelected(source, selection.kind === 'agent' ? { kind: 'pool', pool: selection.pool } : selection),
  );
}

/** `PREFIX/CONTAINER/TASK`, as ECS names it (awslogs-stream-prefix). */
function streamOf(pool: string, id: string): string {
  return `${pool}/agent/${id}`;
}
