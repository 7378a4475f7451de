import { setTimeout } from 'node:timers/promises';
import { cloudWatchLogsClient } from '../../shared/aws/clients.ts';
import type { StackOutputs } from '../../shared/aws/stack-outputs.ts';
import { command } from '../command.ts';
import { cloudWatchLogs } from '../logs/cloudwatch-logs.ts';
import { localLogs } from '../logs/local-logs.ts';
import {
  FUNCTIONS,
  type LogEvent,
  type LoggingFunction,
  type LogReader,
  type LogSelection,
} from '../logs/log-event.ts';
import { linesOfTask, withoutRoutine } from '../logs/log-line.ts';
import { showLogLine } from '../logs/show-log-line.ts';
import { print } from '../print.ts';
import { CliError, EXIT } from '../result.ts';
import { findPools, findStack, type OpenPool } from '../stack.ts';
import { parseTime } from '../time.ts';

const POLL_MS = 2_000;
/** The sender's clock and the agents', at most. */
const CLOCKS_DIFFER_MS = 5 * 60_000;
/** Enough of an agent's ID to name it. */
const ID_CHARACTERS = 6;

export const logs = command({
  examples: [
    ['logs support --follow', 'show the agents of a pool, and what they log from now on'],
    [
      'logs 0b2f5c1e-8a52-4d5e-9d2c-6f3c1f0f9a11',
      'show what was logged about a task, and while an agent worked on it alone',
    ],
    ['logs scaler --since 1h', `show a function: ${FUNCTIONS.join(', ')}`],
  ],
  positionals: ['of'],
  options: {
    of: {
      type: 'string',
      describe:
        'a pool, an agent, a task or a function (default: all agents, and what is wrong with functions)',
    },
    follow: { type: 'boolean', alias: 'f', default: false, describe: 'go on until you press Ctrl-C' },
    since: {
      type: 'string',
      describe: 'time: 15m (ago), 14:05 (UTC) or a date (default: 15m; for a task, since it was sent)',
    },
  },
  async run({ of, follow, since, json, ...options }) {
    const [outputs, pools] = [await findStack({ ...options }), await findPools({ ...options }, undefined)];
    const { selection, sentAtMs } = await select(of, pools);
    const sinceMs =
      since === undefined && sentAtMs !== undefined ? sentAtMs : parseTime(since ?? '15m', Date.now());
    const reader = await readerOf(outputs, { pools, selection, sinceMs });
    const wanted = wantedOf(selection);
    for (;;) {
      for (const event of wanted(await reader.next())) {
        const line = json ? JSON.stringify(forPrograms(event)) : showLogLine(event);
        if (line !== undefined) print(line);
      }
      if (!follow) return undefined;
      await setTimeout(POLL_MS);
    }
  },
});

/** The events that are shown. */
function wantedOf(selection: LogSelection): (events: readonly LogEvent[]) => readonly LogEvent[] {
  if (selection.kind === 'task') return linesOfTask(selection.id);
  return selection.kind === 'everything' ? (events) => events.filter(withoutRoutine) : (events) => events;
}

type Selected = {
  readonly selection: LogSelection;
  /** When the task was sent at the earliest, if it's one. */
  readonly sentAtMs?: number;
};

async function select(of: string | undefined, pools: readonly OpenPool[]): Promise<Selected> {
  if (of === undefined) return { selection: { kind: 'everything' } };
  const names = pools.map(({ pool }) => pool.name);
  if (names.includes(of)) return { selection: { kind: 'pool', pool: of } };
  if ((FUNCTIONS as readonly string[]).includes(of))
    return { selection: { kind: 'function', name: of as LoggingFunction } };
  for (const { pool, tasks, store } of pools) {
    const task = await tasks.get(of).catch(() => undefined);
    if (task) {
      const sentAtMs = task.sentAtMs - CLOCKS_DIFFER_MS;
      return { selection: { kind: 'task', pool: pool.name, id: of }, sentAtMs };
    }
    const { instances } = await store.instances();
    const agent = of.length >= ID_CHARACTERS && instances.find(({ id }) => id.startsWith(of));
    if (agent) return { selection: { kind: 'agent', pool: pool.name, id: agent.id } };
  }
  throw new CliError(
    `unknown pool, agent, task or function "${of}" (pools: ${names.join(', ')}; functions: ${FUNCTIONS.join(', ')}); agentpool agents and agentpool tasks list the others`,
    EXIT.notFound,
  );
}

type Selecting = {
  readonly pools: readonly OpenPool[];
  readonly selection: LogSelection;
  readonly sinceMs: number;
};

async function readerOf({ logs: places }: StackOutputs, selecting: Selecting): Promise<LogReader> {
  switch (places.kind) {
    case 'files':
      return localLogs({ ...selecting, directory: places.directory });
    case 'groups':
      return cloudWatchLogs({ ...selecting, client: cloudWatchLogsClient(), groups: places.groups });
    case 'unknown':
      throw new CliError(
        "this stack was deployed by a version that doesn't say where its logs are: deploy it again",
      );
    default:
      return places satisfies never;
  }
}

/** A line for programs: a logger's own fields, or what was printed. */
function forPrograms({ source, atMs, text }: LogEvent): object {
  const at = atMs === undefined ? undefined : new Date(atMs).toISOString();
  return { at, ...source, line: jsonOr(text) };
}

function jsonOr(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
