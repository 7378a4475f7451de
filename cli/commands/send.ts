import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { SingleBar } from 'cli-progress';
import * as z from 'zod';
import type { NewTask, Task } from '../../shared/tasks/client.ts';
import { type Answer, CliError, EXIT } from '../answer.ts';
import { command } from '../command.ts';
import { findPool } from '../stack.ts';

/** Lines that are read before they are sent: memory does not grow with the file. */
const AT_ONCE = 200;
const WAIT_AT_ONCE = 20;

export const send = command({
  command: 'send <pool> [payload]',
  describe: 'send a task, or many, and wait for what becomes of them',
  examples: [
    [
      `send support '{"question":"Where is my order?"}' --context customer-7 --wait`,
      'one turn of a conversation',
    ],
    ['send support --file tasks.jsonl --wait', 'each line {"payload":…,"contextId":…,"id":…}'],
    ['send support - < tasks.jsonl', 'the same from standard input'],
  ],
  positionals: ['pool', 'payload'],
  options: {
    pool: { type: 'string', demandOption: true, describe: 'the pool' },
    payload: { type: 'string', describe: 'the task, as JSON; - reads tasks from standard input' },
    file: { type: 'string', describe: 'tasks to send, as JSON lines' },
    context: { type: 'string', describe: 'the conversation that a task continues' },
    id: { type: 'string', describe: 'an id of your own: sent twice, a task is done once' },
    wait: { type: 'boolean', default: false, describe: 'wait until every task has ended' },
    timeout: { type: 'number', default: 600, describe: 'seconds to wait' },
  },
  async run({ pool: name, payload, file, context, id, wait, timeout, json, ...stack }) {
    const { client } = await findPool({ ...stack }, name);
    const many = file !== undefined || payload === '-';
    if (many ? payload !== undefined && file !== undefined : payload === undefined)
      throw new CliError('send takes a payload, or --file FILE, or - for standard input', EXIT.usage);
    const tasks = many ? readTasks(file) : one({ payload: parseJson(payload ?? ''), contextId: context, id });
    const ids: string[] = [];
    const bar = progress('sending', !json && many);
    for await (const batch of inBatches(tasks, AT_ONCE)) {
      ids.push(...(await client.sendTasks(batch)));
      bar.update(ids.length);
    }
    bar.stop();
    if (ids.length === 0) throw new CliError(`${file ?? 'standard input'} has no task`);
    if (!wait) return sent(ids, many);
    const waiting = progress('waiting', !json && many, ids.length);
    const ended: Task[] = [];
    for (let at = 0; at < ids.length; at += WAIT_AT_ONCE) {
      const some = ids.slice(at, at + WAIT_AT_ONCE);
      const tasks = await Promise.all(
        some.map(async (each) => {
          const task = await client.waitForTask(each, timeout * 1000);
          waiting.increment();
          return task;
        }),
      );
      ended.push(...tasks);
    }
    waiting.stop();
    return told(ended, many);
  },
});

const newTask = z.strictObject({
  payload: z.unknown().refine((payload) => payload !== undefined, 'a payload'),
  contextId: z.string().optional(),
  id: z.string().optional(),
});

async function* readTasks(file: string | undefined): AsyncGenerator<NewTask> {
  const where = file ?? 'standard input';
  const input = file === undefined ? process.stdin : createReadStream(file);
  const opened = new Promise<void>((resolve, reject) => {
    if (file === undefined) resolve();
    else
      input
        .once('open', () => resolve())
        .once('error', () => reject(new CliError(`${where}: there is no such file`)));
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
        `${where}, line ${line}: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}; what was before it has been sent`,
      );
    }
    yield parsed.data;
  }
}

async function* one(task: NewTask): AsyncGenerator<NewTask> {
  yield task;
}

/** When an item cannot be had, those before it are still handed over. */
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
      `${where}got ${text.slice(0, 80)}, allowed: JSON, such as '{"question":"Where is my order?"}'`,
    );
  }
}

function progress(what: string, isShown: boolean, total = 0): SingleBar {
  const format = total > 0 ? `${what} {bar} {value} of {total}` : `${what} {value}`;
  const bar = new SingleBar({ format, stream: process.stderr, noTTYOutput: false, clearOnComplete: true });
  if (isShown) bar.start(total, 0);
  return bar;
}

function sent(ids: readonly string[], many: boolean): Answer {
  return { text: many ? `${ids.length} tasks sent` : (ids[0] ?? ''), value: { sent: ids } };
}

/** @throws CliError when the only one has failed. */
function told(tasks: readonly Task[], many: boolean): Answer {
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
      text: [...lines, `${tasks.length - failed.length} tasks done, ${failed.length} failed`].join('\n'),
      value: results,
      ...(failed.length > 0 && { exitCode: EXIT.failed }),
    };
  }
  const [task] = tasks;
  if (task?.status === 'failed') throw new CliError(`task ${task.id} failed: ${task.reason}`);
  return { text: JSON.stringify(task?.status === 'done' ? task.result : null, null, 2), value: results[0] };
}
