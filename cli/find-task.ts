import type { TaskRecord } from '../shared/core/pool/task-record.ts';
import { CliError, EXIT } from './result.ts';
import { findPools, type OpenPool, type StackOptions } from './stack.ts';

/** Options of the commands about one task. */
export const TASK_OPTIONS = {
  id: { type: 'string', demandOption: true, describe: 'ID of the task' },
  pool: { type: 'string', describe: 'name of the pool, if several have a task with this ID' },
} as const;

/** Finds a task in a pool, or in whichever has it. @throws CliError if none has, or several have. */
export async function findTask(
  options: StackOptions,
  id: string,
  name: string | undefined,
): Promise<{ readonly pool: OpenPool; readonly record: TaskRecord }> {
  const pools = await findPools(options, name);
  const found = (
    await Promise.all(pools.map(async (pool) => ({ pool, record: await pool.tasks.get(id) })))
  ).flatMap(({ pool, record }) => (record ? [{ pool, record }] : []));
  const [only, ...others] = found;
  if (!only)
    throw new CliError(`unknown task "${id}": never sent, or ended more than 14 days ago`, EXIT.notFound);
  if (others.length > 0)
    throw new CliError(
      `pools ${found.map(({ pool }) => pool.pool.name).join(' and ')} have a task with this ID: use --pool`,
      EXIT.usage,
    );
  return only;
}
