import type { OpenPool } from '../shared/aws/open-pool.ts';
import { taskPrefix } from '../shared/ports/object-keys.ts';
import { type TaskView, viewTask } from '../shared/views/task-view.ts';
import { type Conversation, conversationOf, type Difference, differenceOf } from './conversation.ts';
import type { Attempt } from './lanes.ts';

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
  attemptsAt(pool: string, taskId: string): Promise<readonly Attempt[]>;
};

const LISTED = 200;
const PAYLOAD_BYTES = 1024 * 1024;

/**
 * Tasks that match a query, those sent or started last first. Open and failed ones come from the index, ended ones from
 * the logs, because no index has those. A whole ID finds any task.
 */
export async function listTasks(
  pools: readonly OpenPool[],
  query: TaskQuery,
  logged: Logged,
): Promise<readonly ListedTask[]> {
  const chosen = pools.filter(({ pool }) => query.pool === undefined || pool.name === query.pool);
  const lists = await Promise.all(chosen.map((pool) => listOf(pool, query, logged)));
  const found = new Map(lists.flat().map((task) => [task.id, task]));
  return [...found.values()]
    .filter((task) => isWanted(task, query))
    .toSorted((a, b) => latestMs(b) - latestMs(a))
    .slice(0, LISTED);
}

async function listOf(
  { pool: { name }, tasks, objects }: OpenPool,
  { status, text }: TaskQuery,
  logged: Logged,
): Promise<readonly ListedTask[]> {
  const wants = (...statuses: TaskStatus[]) => status === undefined || statuses.includes(status);
  const [done, open, failed, exact] = await Promise.all([
    wants('done') ? logged.latest(name) : [],
    wants('queued', 'running') ? tasks.open('latest', LISTED) : [],
    wants('failed') ? tasks.failed(LISTED) : [],
    text === undefined ? undefined : tasks.get(text),
  ]);
  const records = [...failed, ...open, ...(exact ? [exact] : [])];
  const views = await Promise.all(records.map((record) => viewTask(name, record, objects)));
  const completed = done.filter(({ outcome }) => outcome === 'completed');
  return [...completed.map((attempt) => endedTask(name, attempt)), ...views.map(withoutContent)];
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
    const attempts = await logged.attemptsAt(pool.pool.name, id);
    return { task, attempts, ...(await payloadOf(pool, id)), ...(await turnOf(pool, task, attempts)) };
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
