import { viewTask } from '../../shared/views/task-view.ts';
import { command } from '../command.ts';
import { CliError, EXIT } from '../result.ts';
import { findPools, type OpenPool } from '../stack.ts';
import { table } from '../table.ts';
import { parseTime, timestamp } from '../time.ts';

const STATUSES = ['queued', 'running', 'failed'] as const;
type Listed = (typeof STATUSES)[number];

/** A reason is shown up to here. */
const REASON_CHARACTERS = 80;

export const tasks = command({
  examples: [
    ['tasks support', 'list what is queued and running, and what failed'],
    [
      'tasks --status failed --since 1h',
      'list the failed tasks of all pools that were sent in the last hour',
    ],
  ],
  positionals: ['pool'],
  options: {
    pool: { type: 'string', describe: 'name of the pool (default: all pools)' },
    status: {
      type: 'string',
      default: STATUSES.join(),
      describe: `one or several of ${STATUSES.join(', ')}`,
    },
    since: { type: 'string', default: '14d', describe: 'sent since: 15m (ago), 14:05 (UTC) or a date' },
    last: { type: 'number', default: 50, describe: 'list at most this many of each status' },
  },
  async run({ pool: name, status, since, last, ...stack }) {
    const wanted = parseStatuses(status);
    const sinceMs = parseTime(since, Date.now());
    const pools = await findPools({ ...stack }, name);
    const found = await Promise.all(pools.map((pool) => listed(pool, wanted, last)));
    const value = found
      .flat()
      .filter(({ sentAtMs }) => sentAtMs >= sinceMs)
      .toSorted((a, b) => b.sentAtMs - a.sentAtMs);
    const rows = value.map((task) => [
      task.id,
      task.pool,
      task.status,
      timestamp(task.sentAtMs),
      task.contextId,
      task.attempts,
      (task.progress === undefined ? task.reason : JSON.stringify(task.progress))
        ?.split('\n')[0]
        ?.slice(0, REASON_CHARACTERS),
    ]);
    const header = ['task', 'pool', 'status', 'sent', 'context', 'attempts', 'progress or reason'];
    return {
      text: rows.length === 0 ? `no tasks are ${wanted.join(' or ')}` : table(header, rows),
      value,
    };
  },
});

async function listed({ pool, tasks, objects }: OpenPool, wanted: readonly Listed[], last: number) {
  const isWanted = ({ status }: { readonly status: string }) =>
    (wanted as readonly string[]).includes(status);
  const open = wanted.some((status) => status !== 'failed') ? await tasks.open('latest', 2 * last) : [];
  const failed = wanted.includes('failed') ? await tasks.failed(last) : [];
  const records = [...open.filter(isWanted), ...failed];
  return Promise.all(records.map((record) => viewTask(pool.name, record, objects)));
}

function parseStatuses(text: string): readonly Listed[] {
  const given = text.split(',').map((each) => each.trim());
  const unknown = given.find((each) => !(STATUSES as readonly string[]).includes(each));
  if (unknown === undefined) return given as Listed[];
  const hint = unknown === 'done' ? '; agentpool task ID shows a task that is done' : '';
  throw new CliError(`invalid value ${unknown}: expected ${STATUSES.join(', ')}${hint}`, EXIT.usage);
}
