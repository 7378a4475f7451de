import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Contexts } from '../../shared/contexts/contexts.ts';
import type { AgentInstance } from '../../shared/core/pool/agent-instance.ts';
import type { TaskRecord } from '../../shared/core/pool/task-record.ts';
import type { Task as EcsTask } from '../ecs/model.ts';
import type { PlannedTask } from '../replay/plan.ts';

/** The summary of a demo run. */
export type Summary = {
  readonly sent: number;
  readonly completed: number;
  readonly failed: number;
  /** Tasks that were sent but neither completed nor failed, or that are missing from their conversation. */
  readonly lost: number;
  /** Tasks that completed twice or appear twice in their conversation. */
  readonly duplicated: number;
  /** Busy agents that ECS stopped to scale in. */
  readonly busyStopped: number;
  readonly queueWaitSeconds: { readonly p50: number; readonly p95: number; readonly max: number };
  readonly agentsStarted: number;
  readonly agentsStopped: number;
  /** While there was work: from the first task sent until the last one ended. An agent is paid from when it's requested. */
  readonly agentSecondsPaid: number;
  /** Tasks that an agent works on at a time, and how long slots were used, all together. */
  readonly concurrency: number;
  readonly slotSecondsUsed: number;
  readonly contextBytesWritten: number;
  readonly contextBytesRead: number;
  /** What the tasks must hold: `percent` of them start within `withinSeconds`. */
  readonly objective: { readonly percent: number; readonly withinSeconds: number };
  /** Share of the tasks that started within the objective, 0 to 1. */
  readonly inTimeShare: number;
  /** Mean time from requesting an agent until it takes tasks, in seconds; undefined if none became ready. */
  readonly startupSeconds: number | undefined;
};

export type Evidence = {
  readonly planned: readonly PlannedTask[];
  readonly records: readonly (TaskRecord | undefined)[];
  readonly instances: readonly AgentInstance[];
  readonly ecsTasks: readonly EcsTask[];
  /** How often each task completed, according to the agents' logs. */
  readonly completions: ReadonlyMap<string, number>;
  readonly conversations: { readonly short: number; readonly long: number };
  readonly concurrency: number;
  readonly objective: Summary['objective'];
  /** From the first task sent until the last one ended. */
  readonly span: Span;
};

type Span = { readonly fromMs: number; readonly toMs: number };

/** Summarizes a run from the agents' logs, ECS and the records. */
export function addUp(evidence: Evidence): Summary {
  const { planned, records, completions, conversations, ecsTasks, instances, objective, span } = evidence;
  const done = records.filter((record) => record?.status === 'done');
  const failed = records.filter((record) => record?.status === 'failed');
  const waits = records
    .flatMap((record) =>
      record?.startedAtMs === undefined ? [] : [(record.startedAtMs - record.sentAtMs) / 1000],
    )
    .toSorted((a, b) => a - b);
  const scaledIn = ecsTasks.filter((task) => task.stopCode === 'ServiceSchedulerInitiated');
  const interrupted = new Set(
    instances.filter((instance) => instance.interruptedTasks !== undefined).map((instance) => instance.id),
  );
  return {
    sent: planned.length,
    completed: done.length,
    failed: failed.length,
    lost: planned.length - done.length - failed.length + conversations.short,
    duplicated: [...completions.values()].filter((times) => times > 1).length + conversations.long,
    busyStopped: scaledIn.filter((task) => interrupted.has(task.id)).length,
    queueWaitSeconds: {
      p50: percentile(waits, 50),
      p95: percentile(waits, 95),
      max: rounded(waits.at(-1) ?? 0),
    },
    agentsStarted: ecsTasks.length,
    agentsStopped: scaledIn.length,
    agentSecondsPaid: sum(ecsTasks, (task) => secondsWithin(span, task.createdAtMs, task.stoppedAtMs)),
    concurrency: evidence.concurrency,
    slotSecondsUsed: sum(done, (task) => (task.endedAtMs - task.attemptStartedAtMs) / 1000),
    contextBytesWritten: sum(done, (task) => task.traffic.bytesWritten),
    contextBytesRead: sum(done, (task) => task.traffic.bytesRead),
    objective,
    inTimeShare: share(waits.filter((wait) => wait <= objective.withinSeconds).length, planned.length),
    startupSeconds: meanStartup(instances),
  };
}

/** How long it lasted within a span; a task that hasn't stopped lasts until its end. */
function secondsWithin({ fromMs, toMs }: Span, startMs: number, endMs = toMs): number {
  return Math.max(0, Math.min(endMs, toMs) - Math.max(startMs, fromMs)) / 1000;
}

function meanStartup(instances: readonly AgentInstance[]): number | undefined {
  const seconds = instances.flatMap(({ readyAtMs, launchedAtMs }) =>
    readyAtMs === undefined ? [] : [(readyAtMs - launchedAtMs) / 1000],
  );
  return seconds.length === 0 ? undefined : rounded(seconds.reduce((a, b) => a + b, 0) / seconds.length);
}

function share(part: number, whole: number): number {
  return whole === 0 ? 0 : Math.round((10_000 * part) / whole) / 10_000;
}

/** Counts in the agents' logs how often each task completed. */
export async function readCompletions(logDirectory: string): Promise<ReadonlyMap<string, number>> {
  const completions = new Map<string, number>();
  for (const file of (await readdir(logDirectory)).filter((name) => name.startsWith('agent-'))) {
    for (const line of (await readFile(join(logDirectory, file), 'utf8')).split('\n')) {
      const taskId = completedTask(line);
      if (taskId !== undefined) completions.set(taskId, (completions.get(taskId) ?? 0) + 1);
    }
  }
  return completions;
}

/** The task that a log line reports as completed. The last line of a killed process may be incomplete. */
function completedTask(line: string): string | undefined {
  if (!line.includes('"task completed"') || !line.endsWith('}')) return undefined;
  return (JSON.parse(line) as { taskId: string }).taskId;
}

/** Compares the length of each conversation with what its completed turns should have added up to. */
export async function checkConversations(
  planned: readonly PlannedTask[],
  records: readonly (TaskRecord | undefined)[],
  contexts: Contexts,
): Promise<{ readonly short: number; readonly long: number }> {
  const expected = new Map<string, number>();
  for (const [index, task] of planned.entries()) {
    if (records[index]?.status !== 'done') continue;
    expected.set(task.contextId, task.payload.from + task.payload.messages.length);
  }
  let short = 0;
  let long = 0;
  for (const [contextId, messages] of expected) {
    const { value } = await contexts.restore(contextId);
    const found = (value as { messages: unknown[] } | undefined)?.messages.length ?? 0;
    if (found < messages) short += 1;
    if (found > messages) long += 1;
  }
  return { short, long };
}

/** Nearest-rank percentile. */
function percentile(sorted: readonly number[], percent: number): number {
  return rounded(sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? 0);
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return rounded(items.reduce((total, item) => total + of(item), 0));
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
