import type { TaskRecord } from '../../shared/core/pool/task-record.ts';
import { readValue } from '../../shared/tasks/values.ts';
import { CliError, EXIT, styled } from '../answer.ts';
import { command } from '../command.ts';
import { type ConnectedPool, findPools } from '../stack.ts';
import { duration, timestamp } from '../time.ts';

export const task = command({
  command: 'task <id>',
  describe: 'what became of a task',
  examples: [['task 0b2f5c1e-8a52-4d5e-9d2c-6f3c1f0f9a11', 'when it waited, who worked on it, its result']],
  positionals: ['id'],
  options: {
    id: { type: 'string', demandOption: true, describe: 'its id' },
    pool: { type: 'string', describe: 'the pool, where two have a task of this id' },
  },
  async run({ id, pool: name, ...stack }) {
    const pools = await findPools({ ...stack }, name);
    const found = (
      await Promise.all(pools.map(async (pool) => ({ pool, record: await pool.tasks.get(id) })))
    ).flatMap(({ pool, record }) => (record ? [{ pool, record }] : []));
    const [only, ...others] = found;
    if (!only)
      throw new CliError(
        `there is no task ${id}: it was never sent, or ended more than 14 days ago`,
        EXIT.notFound,
      );
    if (others.length > 0)
      throw new CliError(
        `pools ${found.map(({ pool }) => pool.pool.name).join(' and ')} have a task ${id}: add --pool`,
        EXIT.usage,
      );
    return describe(only.pool, only.record);
  },
});

async function describe({ pool, objects }: ConnectedPool, record: TaskRecord) {
  const result = record.status === 'done' ? await readValue(objects, record.result) : undefined;
  const lines = [
    `${styled('bold', record.id)} of ${pool.name}: ${record.status}`,
    `sent      ${timestamp(record.sentAtMs)}`,
    ...(record.startedAtMs === undefined
      ? []
      : [
          `started   ${timestamp(record.startedAtMs)}, after ${duration(record.startedAtMs - record.sentAtMs)}`,
        ]),
    `attempts  ${record.attempts}${record.returned > 0 ? `, ${record.returned} of them given back` : ''}`,
    ...(record.contextId === undefined ? [] : [`context   ${record.contextId}`]),
    ...('agentId' in record ? [`agent     ${record.agentId}`] : []),
    ...(record.lastFailure === undefined ? [] : [`failed    ${record.lastFailure}`]),
    ...('endedAtMs' in record ? [`ended     ${timestamp(record.endedAtMs)}`] : []),
    ...(record.status === 'failed' ? [`reason    ${record.reason}`] : []),
    ...(result === undefined ? [] : [`result    ${JSON.stringify(result, null, 2)}`]),
  ];
  return {
    text: lines.join('\n'),
    value: { pool: pool.name, ...record, ...(result !== undefined && { result }) },
  };
}
