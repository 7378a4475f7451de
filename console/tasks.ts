import type { OpenPool } from '../shared/aws/open-pool.ts';
import { taskPrefix } from '../shared/ports/object-keys.ts';
import { type TaskView, viewTask } from '../shared/views/task-view.ts';
import { type Conversation, conversationOf, type Difference, differenceOf } from './conversation.ts';
import type { Attempt, TimeRange } from './lanes.ts';

export const TASK_STATUSES = ['queued', 'running', 'done', 'failed'] as const;
export type TaskStatus = (typeof TASK_STATUSES)[number];

export type TaskQuery = {
  /** Undefined: all pools. */
  readonly pool?: string | undefined;
  readonly status?: TaskStatus | undefined;
  /** A task's ID or its beginning, or a conversation's ID. */
  readonly text?: string | undefined;
};

export type ListedTask = Pick<TaskView, 'id' | 'pool' | 'status'> &
  Partial<Pick<TaskView, 'contextId' | 'sentAtMs' | 'startedAtMs' | 'endedAtMs' | 'agentId' | 'reason'>>;

/** A task with all that is known about it. */
export type TaskStory = {
  readonly task: TaskView;
  /** As far as the agents' logs are still there. */
  readonly attempts: readonly Attempt[];
  /** Why the logs can't be read. */
  readonly logsProblem?: string;
  /** Large payloads only: others are in the task's message alone. */
  readonly payload?: unknown;
  /** What its turn changed in its conversation, if both versions are kept. */
  readonly difference?: Difference;
  /** The conversation as it is now. */
  readonly conversation?: Conversation;
};

/** What the agents' logs say about attempts. */
type Logged = {
  latest(pool: string): Promise<readonly Attempt[]>;
  /** The attempts at a task that was sent and ended in `range`. */
  attemptsAt(pool: string, taskId: string, range: TimeRange): Promise<readonly Attempt[]>;
};

type ReadLogs = { readonly attempts: readonly Attempt[]; readonly problem?: Error };

const NOT_READ: ReadLogs = { attempts: [] };
const LISTED = 200;
const PAYLOAD_BYTES = 1024 * 1024;
/** Clocks differ, and a line may be a little later than the record that it's about. */
const MARGIN_MS = 30_000;

/**
 * Tasks that match a query, those sent or started last first. Open and failed ones come from the index, ended ones from
 * the logs, because no index has those. A whole ID finds any task. If the logs can't be read, it's what the index has.
 */
export async function listTasks(
  pools: readonly OpenPool[],
  query: TaskQuery,
  logged: Logged,
): Promise<readonly ListedTask[]> {
  const chosen = pools.filter(({ pool }) => query.pool === undefined || pool.name === query.pool);
  const lists = await Promise.all(chosen.map((pool) => listOf(pool, query, logged)));
  const found = new Map(lists.flatMap(({ tasks }) => tasks).map((task) => [task.id, task]));
  const wanted = [...found.values()].filter((task) => isWanted(task, query));
  const problem = lists.find((list) => list.problem)?.problem;
  // An empty list would say that there are none.
  if (wanted.length === 0 && problem) throw problem;
  return wanted.toSorted((a, b) => latestMs(b) - latestMs(a)).slice(0, LISTED);
}

async function listOf(
  { pool: { name }, tasks, objects }: OpenPool,
  { status, text }: TaskQuery,
  logged: Logged,
): Promise<{ readonly tasks: readonly ListedTask[]; readonly problem?: Error | undefined }> {
  const wants = (...statuses: TaskStatus[]) => status === undefined || statuses.includes(status);
  const [done, open, failed, exact] = await Promise.all([
    wants('done') ? readLogs(logged.latest(name)) : NOT_READ,
    wants('queued', 'running') ? tasks.open('latest', LISTED) : [],
    wants('failed') ? tasks.failed(LISTED) : [],
    text === undefined ? undefined : tasks.get(text),
  ]);
  const records = [...failed, ...open, ...(exact ? [exact] : [])];
  const views = await Promise.all(records.map((record) => viewTask(name, record, objects)));
  const completed = done.attempts.filter(({ outcome }) => outcome === 'completed');
  return {
    tasks: [...completed.map((attempt) => endedTask(name, attempt)), ...views.map(withoutContent)],
    problem: done.problem,
  };
}

/** A missing permission or an earlier stack isn't a reason to show nothing of what the records say. */
function readLogs(logs: Promise<readonly Attempt[]>): Promise<ReadLogs> {
  return logs.then(
    (attempts) => ({ attempts }),
    (problem: Error) => ({ attempts: [], problem }),
  );
}

function endedTask(
  pool: string,
  { taskId, contextId, startedAtMs, endedAtMs, agentId }: Attempt,
): ListedTask {
  return {
    id: taskId,
    pool,
    status: 'done',
    startedAtMs,
    agentId,
    ...(contextId !== undefined && { contextId }),
    ...(endedAtMs !== undefined && { endedAtMs }),
  };
}

function withoutContent({ result: _, progress: __, ...task }: TaskView): ListedTask {
  return task;
}

function isWanted({ id, contextId, status }: ListedTask, { text, status: wanted }: TaskQuery): boolean {
  const isNamed = text === undefined || text === '' || id.startsWith(text) || contextId === text;
  return isNamed && (wanted === undefined || status === wanted);
}

function latestMs({ endedAtMs, startedAtMs, sentAtMs }: ListedTask): number {
  return endedAtMs ?? startedAtMs ?? sentAtMs ?? 0;
}

/** A task with its attempts, and what it did to its conversation. Undefined: no pool has it. */
export async function findStory(
  pools: readonly OpenPool[],
  id: string,
  logged: Logged,
): Promise<TaskStory | undefined> {
  for (const pool of pools) {
    const record = await pool.tasks.get(id);
    if (record === undefined) continue;
    const task = await viewTask(pool.pool.name, record, pool.objects);
    const { sentAtMs, endedAtMs = Date.now() } = task;
    const range = { fromMs: sentAtMs - MARGIN_MS, toMs: endedAtMs + MARGIN_MS };
    const { attempts, problem } = await readLogs(logged.attemptsAt(pool.pool.name, id, range));
    return {
      task,
      attempts,
      ...(problem && { logsProblem: problem.message }),
      ...(await payloadOf(pool, id)),
      ...(await turnOf(pool, task, attempts)),
    };
  }
  return undefined;
}

async function payloadOf(
  { pool, objects }: OpenPool,
  id: string,
): Promise<Pick<TaskStory, 'payload'> | undefined> {
  for await (const { key } of objects.list(taskPrefix('payloads', pool.name, id))) {
    const content = await objects.get(key, PAYLOAD_BYTES).catch(() => undefined);
    if (content) return { payload: JSON.parse(Buffer.from(content).toString()) as unknown };
  }
  return undefined;
}

async function turnOf(
  { versions, contexts }: OpenPool,
  { contextId }: TaskView,
  attempts: readonly Attempt[],
): Promise<Pick<TaskStory, 'difference' | 'conversation'>> {
  if (contextId === undefined) return {};
  const { value } = await contexts.restore(contextId);
  const conversation = value === undefined ? {} : { conversation: conversationOf(value) };
  const from = attempts.findLast(({ outcome }) => outcome === 'completed')?.contextVersion;
  if (from === undefined) return conversation;
  const after = await versions.read(contextId, from + 1);
  const before = from === 0 ? undefined : await versions.read(contextId, from);
  if (after === undefined || (from > 0 && before === undefined)) return conversation;
  return { ...conversation, difference: differenceOf(before, after) };
}
