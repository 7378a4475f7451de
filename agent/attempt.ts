import type { Contexts, RestoredContext } from '../shared/contexts/contexts.ts';
import { describeError } from '../shared/core/describe-error.ts';
import type { PoolConfig } from '../shared/core/pool/config.ts';
import type { StoredValue, TaskRecord } from '../shared/core/pool/task-record.ts';
import type { Clock } from '../shared/ports/clock.ts';
import { resultKey } from '../shared/ports/object-keys.ts';
import type { ObjectStore } from '../shared/ports/object-store.ts';
import type { QueueMessage, TaskQueue } from '../shared/ports/task-queue.ts';
import type { TaskStore } from '../shared/ports/task-store.ts';
import type { TaskMessage } from '../shared/tasks/message.ts';
import { readValue, storeValue, toJson, ValueError } from '../shared/tasks/values.ts';
import type { MeasuredContext } from '../shared/telemetry/agent-metrics.ts';
import type { AgentHandler } from './handler.ts';
import { keepInvisible } from './keep-invisible.ts';
import { progressReporter } from './progress.ts';
import { type HandlerOutcome, runHandler } from './run-handler.ts';

export type AttemptPorts = {
  readonly queue: TaskQueue;
  readonly tasks: TaskStore;
  readonly contexts: Contexts;
  readonly objects: ObjectStore;
  readonly clock: Clock;
};

export type Assignment = {
  readonly config: PoolConfig;
  readonly agentId: string;
  readonly handler: AgentHandler;
  readonly message: QueueMessage;
  readonly task: TaskMessage;
  /** Aborts when the agent has to stop. */
  readonly stopping: AbortSignal;
};

/** What came of an attempt. In every case the message has been dealt with, or will be delivered again. */
export type AttemptOutcome =
  | {
      readonly kind: 'completed';
      readonly durationMs: number;
      readonly queueWaitMs: number;
      readonly contextBytes: number;
      readonly isLate: boolean;
      readonly context?: MeasuredContext;
      readonly damage?: string;
    }
  /** The task had ended before, or another attempt has taken it over. */
  | { readonly kind: 'superseded' }
  /** Given back because the agent has to stop. */
  | { readonly kind: 'returned' }
  | { readonly kind: 'failed'; readonly reason: string; readonly isFinal: boolean }
  /** Its handler does not end: the agent has to. */
  | { readonly kind: 'stuck'; readonly reason: string };

/** Time a handler has to end after its task's time is over, or its message was lost. */
const TIMEOUT_GRACE_MS = 5_000;
/** Share of the stop timeout that a handler has to end after SIGTERM; the rest is for storing and returning. */
const STOP_GRACE_SHARE = 0.7;
const RETRY_AFTER_AT_MOST_SECONDS = 60;

/** Works on one message: begin, restore, run, snapshot, complete, acknowledge. */
export async function attemptTask(ports: AttemptPorts, assignment: Assignment): Promise<AttemptOutcome> {
  const { message, task, config, agentId } = assignment;
  const begun = await ports.tasks.begin(task, agentId, ports.clock.now());
  if (begun.kind === 'ended') {
    if (begun.task.status === 'failed') await ports.queue.deadLetter(message, begun.task.reason);
    else await ports.queue.acknowledge(message);
    return { kind: 'superseded' };
  }
  const failures = failedBefore(begun.task);
  if (failures >= config.maxAttempts) {
    const reason = begun.task.lastFailure ?? 'its agent ended in the middle of it';
    return giveUp(ports, assignment, `tried ${failures} times without completing: ${reason}`);
  }
  const done = new AbortController();
  const lost = new AbortController();
  const kept = keepInvisible(ports, message, config.visibilitySeconds, done.signal, () =>
    lost.abort('message lost'),
  );
  try {
    return await run(ports, assignment, begun.task, AbortSignal.any([assignment.stopping, lost.signal]));
  } catch (error) {
    if (error instanceof ValueError) return await fail(ports, assignment, begun.task, error.message);
    // AWS could not be reached: not the task's fault, so not counted as such if that can still be written. Its
    // message comes back when its visibility runs out.
    await ports.tasks
      .retry(task.id, begun.task.attempts, describeError(error), 'returned')
      .catch(() => undefined);
    throw error;
  } finally {
    done.abort();
    await kept;
  }
}

async function run(
  ports: AttemptPorts,
  assignment: Assignment,
  begun: TaskRecord,
  signal: AbortSignal,
): Promise<AttemptOutcome> {
  const { task, handler, config } = assignment;
  const restored = task.contextId === undefined ? undefined : await ports.contexts.restore(task.contextId);
  const applied = restored?.applied.find(({ taskId }) => taskId === task.id);
  // An earlier attempt got as far as the snapshot: its effect is there, and must not be there twice.
  if (applied && restored) {
    return complete(ports, assignment, begun, applied.result, {
      bytesWritten: 0,
      restored,
      plainBytes: restored.plainBytes,
    });
  }
  // An agent that stood still may find the context after another attempt at its task: what that did is in it, and may be
  // forgotten by its head. Another attempt that begins from here on moves the head, and this one's save is refused.
  if (restored && !(await isCurrent(ports, begun))) return { kind: 'superseded' };
  const progress = progressReporter(ports, { pool: config.name, taskId: task.id, attempt: begun.attempts });
  const outcome = await runHandler({
    handler,
    task: {
      id: task.id,
      contextId: task.contextId,
      payload: await readValue(ports.objects, task.payload),
      attempt: begun.attempts,
      progress: begun.progress && (await readValue(ports.objects, begun.progress)),
    },
    context: restored?.value,
    progress: progress.report,
    timeoutMs: config.taskTimeoutSeconds * 1000,
    graceMs: (cause) =>
      cause === 'stopping' ? STOP_GRACE_SHARE * config.stopTimeoutSeconds * 1000 : TIMEOUT_GRACE_MS,
    signal,
    clock: ports.clock,
  });
  await progress.flush();
  if (outcome.kind !== 'returned') return returnToQueue(ports, assignment, begun, outcome);
  return store(ports, assignment, begun, restored, outcome);
}

async function isCurrent({ tasks }: AttemptPorts, { id, attempts }: TaskRecord): Promise<boolean> {
  const now = await tasks.get(id);
  return now?.status === 'running' && now.attempts === attempts;
}

async function store(
  ports: AttemptPorts,
  assignment: Assignment,
  begun: TaskRecord,
  restored: RestoredContext | undefined,
  returned: { readonly result: unknown; readonly context: unknown },
): Promise<AttemptOutcome> {
  const { task, config } = assignment;
  const key = resultKey(config.name, task.id, begun.attempts);
  const result = await storeValue(ports.objects, key, toJson(returned.result, 'the result'));
  if (!restored || task.contextId === undefined || returned.context === undefined) {
    const plainBytes = restored?.plainBytes ?? 0;
    return complete(ports, assignment, begun, result, { bytesWritten: 0, restored, plainBytes });
  }
  const saved = await ports.contexts.save(task.contextId, restored, returned.context, {
    taskId: task.id,
    result,
  });
  if (saved.kind === 'saved') return complete(ports, assignment, begun, result, { ...saved, restored });
  // The head moved meanwhile. Either another attempt, or a write of ours whose answer was lost, applied this very
  // task; or another task did, and this one has to run again on what that left.
  const applied = saved.ahead?.applied.find(({ taskId }) => taskId === task.id);
  if (applied) {
    const plainBytes = saved.ahead?.plainBytes ?? 0;
    return complete(ports, assignment, begun, applied.result, { bytesWritten: 0, restored, plainBytes });
  }
  const reason = `context ${task.contextId} moved on from version ${restored.version} to ${saved.ahead?.version ?? 0} while the task ran`;
  await ports.tasks.retry(task.id, begun.attempts, reason, 'returned');
  await ports.queue.release(assignment.message);
  return { kind: 'failed', reason, isFinal: false };
}

async function complete(
  ports: AttemptPorts,
  { task, message, config }: Assignment,
  begun: TaskRecord,
  result: StoredValue,
  context: {
    readonly bytesWritten: number;
    readonly plainBytes: number;
    readonly restored: RestoredContext | undefined;
  },
): Promise<AttemptOutcome> {
  const nowMs = ports.clock.now();
  const damage = context.restored?.damage;
  const traffic = {
    bytesRead: context.restored?.bytesRead ?? 0,
    bytesWritten: context.bytesWritten,
    ...(damage !== undefined && { damage }),
  };
  const completed = await ports.tasks.complete(task.id, begun.attempts, nowMs, result, traffic);
  if (completed.kind === 'superseded' && (await ports.tasks.get(task.id))?.status !== 'done') {
    return { kind: 'superseded' };
  }
  await ports.queue.acknowledge(message);
  if (completed.kind === 'superseded') return { kind: 'superseded' };
  const startedAtMs = begun.startedAtMs ?? nowMs;
  const attemptStartedAtMs = begun.status === 'running' ? begun.attemptStartedAtMs : startedAtMs;
  const queueWaitMs = Math.max(0, startedAtMs - begun.sentAtMs);
  return {
    kind: 'completed',
    durationMs: nowMs - attemptStartedAtMs,
    queueWaitMs,
    contextBytes: context.plainBytes,
    ...(context.restored && { context: measured(context.restored, context) }),
    isLate: queueWaitMs > config.objective.withinSeconds * 1000,
    ...(damage !== undefined && { damage }),
  };
}

function measured(
  { version, bytesRead }: RestoredContext,
  { plainBytes, bytesWritten }: { readonly plainBytes: number; readonly bytesWritten: number },
): MeasuredContext {
  return { isWarm: version === 0 ? undefined : bytesRead === 0, plainBytes, bytesWritten };
}

/** A handler that did not return: the task is tried again, elsewhere if this agent stops, or given up. */
async function returnToQueue(
  ports: AttemptPorts,
  assignment: Assignment,
  begun: TaskRecord,
  outcome: Exclude<HandlerOutcome, { kind: 'returned' }>,
): Promise<AttemptOutcome> {
  if (outcome.kind === 'threw') return fail(ports, assignment, begun, outcome.reason);
  if (outcome.cause === 'message lost') {
    return outcome.kind === 'stuck'
      ? { kind: 'stuck', reason: 'its message was lost' }
      : { kind: 'superseded' };
  }
  if (outcome.cause === 'timeout') {
    const reason = `not done within ${assignment.config.taskTimeoutSeconds} s`;
    if (outcome.kind !== 'stuck') return fail(ports, assignment, begun, reason);
    // Its process must take no further task, whether or not this can be written. Then the attempt counts as one whose
    // agent ended, and the message comes back by itself.
    await fail(ports, assignment, begun, reason).catch(() => undefined);
    return { kind: 'stuck', reason };
  }
  await ports.tasks.retry(assignment.task.id, begun.attempts, 'its agent had to stop', 'returned');
  await ports.queue.release(assignment.message);
  return { kind: 'returned' };
}

async function fail(
  ports: AttemptPorts,
  assignment: Assignment,
  begun: TaskRecord,
  reason: string,
): Promise<AttemptOutcome> {
  const failures = failedBefore(begun) + 1;
  if (failures >= assignment.config.maxAttempts) return giveUp(ports, assignment, reason);
  await ports.tasks.retry(assignment.task.id, begun.attempts, reason, 'failed');
  await ports.queue.release(assignment.message, Math.min(2 ** (failures - 1), RETRY_AFTER_AT_MOST_SECONDS));
  return { kind: 'failed', reason, isFinal: false };
}

/** The record first: whoever finds the message again finds that it has ended, and why. */
async function giveUp(
  ports: AttemptPorts,
  { task, message }: Assignment,
  reason: string,
): Promise<AttemptOutcome> {
  await ports.tasks.fail(task, ports.clock.now(), reason);
  await ports.queue.deadLetter(message, reason);
  return { kind: 'failed', reason, isFinal: true };
}

/** Attempts before this one that failed, or ended with their agent. */
function failedBefore({ attempts, returned }: TaskRecord): number {
  return attempts - returned - 1;
}
