import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { SingleBar } from 'cli-progress';
import * as z from 'zod';
import type { NewTask, Task } from '../../shared/tasks/client.ts';
import { command } from '../command.ts';
import { warn } from '../print.ts';
import { CliError, type CommandResult, countOf, EXIT, STDIN } from '../result.ts';
import { findPool, type OpenPool } from '../stack.ts';
import { watchProblems } from '../watch-problems.ts';

/** Tasks that are read from a file before they are sent, so that memory doesn't grow with the file. */
const AT_ONCE = 200;
const WAIT_AT_ONCE = 20;

export const send = command({
  examples: [
    [
      `send support '{"question":"Where is my order?"}' --context customer-7 --wait`,
      'send one turn of a conversation',
    ],
    ['send support --file tasks.jsonl --wait', 'send a file of lines {"payload":…,"contextId":…,"id":…}'],
    ['send support - < tasks.jsonl', 'send tasks from standard input'],
  ],
  positionals: ['pool', 'payload'],
  options: {
    pool: { type: 'string', demandOption: true, describe: 'name of the pool' },
    payload: { type: 'string', describe: 'payload of the task, as JSON; - reads tasks from standard input' },
    file: { type: 'string', describe: 'file of tasks, as JSON lines' },
    context: { type: 'string', describe: 'ID of the conversation (contextId) that the task continues' },
    id: { type: 'string', describe: 'task ID; a task sent twice with the same ID runs once' },
    wait: { type: 'boolean', default: false, describe: 'wait until all tasks have ended' },
    timeout: { type: 'number', default: 600, describe: 'seconds to wait for each task' },
  },
  async run({ pool: name, payload, file, context, id, wait, timeout, json, ...stack }) {
    const pool = await findPool({ ...stack }, name);
    const { client } = pool;
    const many = file !== undefined || payload === STDIN;
    if (many ? payload !== undefined && file !== undefined : payload === undefined)
      throw new CliError('send needs a payload, --file FILE, or - for standard input', EXIT.usage);
    if (many && (context !== undefined || id !== undefined))
      throw new CliError(
        '--context and --id are for one payload: put contextId and id into each line',
        EXIT.usage,
      );
    const isKnown = id !== undefined && (await pool.tasks.get(id)) !== undefined;
    if (isKnown && !json) warn(`task ${id} was sent before, and isn't sent again`);
    const tasks = many ? readTasks(file) : one({ payload: parseJson(payload ?? ''), contextId: context, id });
    const ids: string[] = [];
    const bar = progress('sending', !json && many);
    for await (const batch of inBatches(tasks, AT_ONCE)) {
      ids.push(...(await client.sendTasks(batch)));
      bar.update(ids.length);
    }
    bar.stop();
    if (ids.length === 0) throw new CliError(`${file ?? 'standard input'} contains no tasks`);
    if (!wait) return sent(ids, many);
    return outcome(await waitFor(ids, pool, { timeout, isShown: !json, many }), { many, json });
  },
});

type Waiting = { readonly timeout: number; readonly isShown: boolean; readonly many: boolean };

/** Waits for all tasks. Shows how they progress, and why agents take none of them, on standard error. */
async function waitFor(
  ids: readonly string[],
  pool: OpenPool,
  { timeout, isShown, many }: Waiting,
): Promise<readonly Task[]> {
  const { client } = pool;
  const bar = progress('waiting', isShown && many, ids.length);
  const done = new AbortController();
  const watching = watchProblems({ name: pool.pool.name, store: pool.store }, warn, done.signal);
  const onChange = (task: Task) => {
    const isOpen = task.status === 'queued' || task.status === 'running';
    if (isShown && !many && isOpen) warn(stateOf(task));
  };
  const ended: Task[] = [];
  try {
    for (let at = 0; at < ids.length; at += WAIT_AT_ONCE) {
      const some = ids.slice(at, at + WAIT_AT_ONCE).map(async (each) => {
        const task = await client.waitForTask(each, timeout * 1000, onChange);
        bar.increment();
        return task;
      });
      ended.push(...(await Promise.all(some)));
    }
  } finally {
    bar.stop();
    done.abort();
    await watching;
  }
  return ended;
}

/** What a task does, while it's waited for. */
function stateOf(task: Task): string {
  switch (task.status) {
    case 'queued':
      return task.lastFailure === undefined
        ? `${task.id} is queued`
        : `${task.id} is queued again: ${task.lastFailure}`;
    case 'running':
      return `${task.id} is running${task.progress === undefined ? '' : `: ${JSON.stringify(task.progress)}`}`;
    default:
      return `${task.id} is ${task.status}`;
  }
}

const newTask = z.strictObject({
  payload: z.unknown().refine((payload) => payload !== undefined, 'a payload'),
  contextId: z.string().optional(),
  id: z.string().optional(),
});

async function* readTasks(path: string | undefined): AsyncGenerator<NewTask> {
  const file = path === STDIN ? undefined : path;
  const where = file ?? 'standard input';
  const input = file === undefined ? process.stdin : createReadStream(file);
  const opened = new Promise<void>((resolve, reject) => {
    if (file === undefined) resolve();
    else
      input
        .once('open', () => resolve())
        .once('error', () => reject(new CliError(`${where}: file not found`)));
  });
  await opened;
  let line = 0;
  for await (const text of createInterface({ input })) {
    line += 1;
    if (text.trim() === '') continue;
    const parsed = newTask.safeParse(parseJson(text, `${where}, line ${line}: `));
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      throw new CliError(
        `${where}, line ${line}: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}; all tasks before this line were sent`,
      );
    }
    yield parsed.data;
  }
}

async function* one(task: NewTask): AsyncGenerator<NewTask> {
  yield task;
}

/** Yields the items in batches. On an error, yields the items before it, then throws. */
async function* inBatches<T>(items: AsyncIterable<T>, size: number): AsyncGenerator<T[]> {
  let batch: T[] = [];
  let problem: unknown;
  try {
    for await (const item of items) {
      batch.push(item);
      if (batch.length < size) continue;
      yield batch;
      batch = [];
    }
  } catch (error) {
    problem = error;
  }
  if (batch.length > 0) yield batch;
  if (problem !== undefined) throw problem;
}

function parseJson(text: string, where = ''): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new CliError(
      `${where}invalid value ${text.slice(0, 80)}: expected JSON, such as '{"question":"Where is my order?"}'`,
    );
  }
}

function progress(what: string, isShown: boolean, total = 0): SingleBar {
  const format = total > 0 ? `${what} {bar} {value} of {total}` : `${what} {value}`;
  const bar = new SingleBar({ format, stream: process.stderr, noTTYOutput: false, clearOnComplete: true });
  if (isShown) bar.start(total, 0);
  return bar;
}

function sent(ids: readonly string[], many: boolean): CommandResult {
  return { text: many ? `${countOf(ids.length, 'task')} sent` : (ids[0] ?? ''), value: { sent: ids } };
}

/** @throws CliError if a single task failed, unless its outcome is for a program. */
function outcome(
  tasks: readonly Task[],
  { many, json }: { readonly many: boolean; readonly json: boolean },
): CommandResult {
  const failed = tasks.filter(({ status }) => status === 'failed');
  const results = tasks.map((task) => ({
    id: task.id,
    status: task.status,
    ...(task.status === 'done' && { result: task.result }),
    ...(task.status === 'failed' && { reason: task.reason }),
  }));
  if (many) {
    const lines = failed.map((task) => `${task.id} failed: ${task.status === 'failed' ? task.reason : ''}`);
    return {
      text: [...lines, `${countOf(tasks.length - failed.length, 'task')} done, ${failed.length} failed`].join(
        '\n',
      ),
      value: results,
      ...(failed.length > 0 && { exitCode: EXIT.failed }),
    };
  }
  const [task] = tasks;
  if (task?.status === 'failed') {
    if (json) return { text: '', value: results[0], exitCode: EXIT.failed };
    throw new CliError(`task ${task.id} failed: ${task.reason}`);
  }
  return { text: JSON.stringify(task?.status === 'done' ? task.result : null, null, 2), value: results[0] };
}
