import { eraseContext } from '../../shared/contexts/erase.ts';
import type { TaskRecord } from '../../shared/core/pool/task-record.ts';
import { taskPrefix } from '../../shared/ports/object-keys.ts';
import { isConfirmed } from '../confirm.ts';
import { CliError, type CommandResult, EXIT } from '../result.ts';
import type { OpenPool } from '../stack.ts';

/** Dead letters that are searched at most. */
const LETTERS_AT_MOST = 1_000;

/**
 * Deletes a conversation: its context in every version, and of each of its tasks the record, the payload, the result, the
 * progress and the dead letter. It refuses while tasks are queued or running, which would begin the context again.
 */
export async function deleteContext(
  pool: OpenPool,
  id: string,
  { yes, json }: { readonly yes: boolean; readonly json: boolean },
): Promise<CommandResult> {
  const tasks = await Array.fromAsync(pool.contextTasks.list(id));
  const found = await pool.contextStore.read(id);
  const open = tasks.filter(({ status }) => status === 'queued' || status === 'running');
  if (open.length > 0)
    throw new CliError(
      `${id} has ${open.length} tasks that would begin it again: wait until they end, or drop them (${open.map((task) => task.id).join(', ')})`,
    );
  if (!found && tasks.length === 0) {
    // Parts that an interrupted call has left are deleted nevertheless.
    await erase(pool, id);
    throw new CliError(`unknown conversation "${id}" in pool ${pool.pool.name}`, EXIT.notFound);
  }
  if (!yes && !(await isConfirmed(`the context ${id} and its ${tasks.length} tasks`, json)))
    return { text: 'nothing deleted', value: { deleted: false } };
  const letters = await dropLetters(pool, id);
  // The context before the records: a call that is interrupted can be repeated.
  const erased = await erase(pool, id);
  let objects = 0;
  for (const task of tasks) objects += await deleteTask(pool, task);
  const value = { contextId: id, ...erased, tasks: tasks.length, taskObjects: objects, deadLetters: letters };
  return {
    text: `${id} deleted: ${erased.versions} versions, ${erased.objects} objects, ${tasks.length} tasks with ${objects} objects, ${letters} dead letters`,
    value,
  };
}

function erase({ pool, contextStore, objects }: OpenPool, id: string) {
  return eraseContext({ pool: pool.name, store: contextStore, objects }, id);
}

/** Deletes a task's objects, then its record, which leads to them. Returns how many objects there were. */
async function deleteTask({ pool, objects, contextTasks }: OpenPool, { id }: TaskRecord): Promise<number> {
  const keys: string[] = [];
  for (const kind of ['payloads', 'results', 'progress'] as const)
    for await (const { key } of objects.list(taskPrefix(kind, pool.name, id))) keys.push(key);
  await objects.delete(keys);
  await contextTasks.delete(id);
  return keys.length;
}

async function dropLetters({ deadLetters }: OpenPool, contextId: string): Promise<number> {
  const { letters } = await deadLetters.take(LETTERS_AT_MOST);
  const own = letters.filter((letter) => letter.contextId === contextId);
  for (const letter of own) await deadLetters.drop(letter);
  const others = letters.filter((letter) => !own.includes(letter));
  await Promise.all(others.map((letter) => deadLetters.returnToQueue(letter)));
  return own.length;
}
