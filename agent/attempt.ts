import type { Contexts, RestoredContext } from '../shared/contexts/contexts.ts';
import { describeError } from '../shared/core/foreign-text.ts';
import type { PoolConfig } from '../shared/core/pool/config.ts';
import { receivesOf } from '../shared/core/pool/receives.ts';
import type { StoredValue } from '../shared/core/pool/task-record.ts';
import type { Clock } from '../shared/ports/clock.ts';
import { resultKey } from '../shared/ports/object-keys.ts';
import type { ObjectStore } from '../shared/ports/object-store.ts';
import { isUnacceptable } from '../shared/ports/refusal.ts';
import type { QueueMessage, TaskQueue } from '../shared/ports/task-queue.ts';
import type { TaskStore } from '../shared/ports/task-store.ts';
import { type BegunAttempt, type Disposed, openDelivery } from '../shared/tasks/delivery.ts';
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
  /** Called when the task starts for the first time. */
  readonly onFirstStart: (queueWaitMs: number) => void;
};

/** The outcome of an attempt, and how long it took. `disposed` says what happened to its message. */
export type AttemptOutcome = Ended & { readonly durationMs: number };

type Ended = { readonly disposed: Disposed } & (
  | {
      readonly kind: 'completed';
      readonly contextBytes: number;
      readonly context?: MeasuredContext;
      readonly damage?: string;
    }
  /** The task had already ended, or another attempt has taken it over. */
  | { readonly kind: 'superseded' }
  /** Returned to the queue because the agent has to stop. */
  | { readonly kind: 'returned' }
  /** It can't run now, and comes back after a time. */
  | { readonly kind: 'postponed'; readonly reason: string; readonly afterSeconds: number }
  | { readonly kind: 'failed'; readonly reason: string; readonly isFinal: boolean }
  /** The handler didn't end, so the agent has to. */
  | { readonly kind: 'stuck'; readonly reason: string }
);

/** How long a handler may take to end after its task timed out or its message was lost. */
const TIMEOUT_GRACE_MS = 5_000;
/**
 * Share of the stop timeout that a handler gets to end after SIGTERM. The rest is for storing and returning the task.
 */
const STOP_GRACE_SHARE = 0.7;

/** Runs one attempt at a task. */
export async function attemptTask(ports: AttemptPorts, assignment: Assignment): Promise<AttemptOutcome> {
  const startedAt = ports.clock.elapsed();
  const ended = await work(ports, assignment);
  return { ...ended, durationMs: ports.clock.elapsed() - startedAt };
}

/** What a delivery is opened with. */
export function deliveryOf({
  config,
  ...received
}: Pick<Assignment, 'config' | 'message' | 'task' | 'agentId'>) {
  const { message, task, agentId } = received;
  return { message, task, agentId, maxAttempts: config.maxAttempts, maxReceives: receivesOf(config) };
}

/** Begin, restore, run, commit. */
async function work(ports: AttemptPorts, assignment: Assignment): Promise<Ended> {
  const { message, config, stopping } = assignment;
  const delivery = openDelivery(ports, deliveryOf(assignment));
  const begun = await delivery.begin();
  if (begun.kind === 'disposed') return ended(begun.disposed, begun.reason);
  const { attempt } = begun;
  if (attempt.task.attempts === 1) assignment.onFirstStart(queueWaitMs(message, ports.clock.now()));
  const done = new AbortController();
  const lost = new AbortController();
  const kept = keepInvisible(ports, {
    message,
    visibilitySeconds: config.visibilitySeconds,
    done: done.signal,
    onLost: () => lost.abort('message lost'),
  });
  const step = { ports, assignment, attempt };
  try {
    const restored = await restore(step);
    switch (restored.kind) {
      case 'overtaken':
        return ended(restored.disposed);
      case 'applied':
        return await complete(step, restored.result, { ...restored, bytesWritten: 0 });
      case 'restored':
        return await commit(
          step,
          restored.context,
          await run(step, restored.context, AbortSignal.any([stopping, lost.signal])),
        );
      default:
        return restored satisfies never;
    }
  } catch (error) {
    if (error instanceof ValueError) return ended(await attempt.fail(error.message), error.message);
    // Tried again, it would be refused again, and the handler would run for nothing until SQS gives the message up.
    if (isUnacceptable(error)) return ended(await attempt.fail(describeError(error)), describeError(error));
    // AWS couldn't be reached. That isn't the task's fault, so the attempt doesn't count as failed, if that can still
    // be written. SQS redelivers the message when its visibility timeout expires.
    await attempt.abandon(describeError(error));
    throw error;
  } finally {
    done.abort();
    await kept;
  }
}

type Step = {
  readonly ports: AttemptPorts;
  readonly assignment: Assignment;
  readonly attempt: BegunAttempt;
};

type Restored =
  | { readonly kind: 'restored'; readonly context: RestoredContext | undefined }
  /** An earlier attempt stored the snapshot. Its effect is already there, and must not happen twice. */
  | {
      readonly kind: 'applied';
      readonly result: StoredValue;
      readonly context: RestoredContext;
      readonly plainBytes: number;
    }
  | { readonly kind: 'overtaken'; readonly disposed: Disposed };

async function restore({ ports, assignment: { task }, attempt }: Step): Promise<Restored> {
  if (task.contextId === undefined) return { kind: 'restored', context: undefined };
  const context = await ports.contexts.restore(task.contextId);
  const applied = context.applied.find(({ taskId }) => taskId === task.id);
  if (applied) return { kind: 'applied', result: applied.result, context, plainBytes: context.plainBytes };
  // A paused agent may read the context after another attempt at its task has changed it, when the head may no longer
  // remember that task. An attempt that begins after this check moves the head, so this one's save is rejected.
  const overtaken = await attempt.overtaken();
  return overtaken ? { kind: 'overtaken', disposed: overtaken } : { kind: 'restored', context };
}

async function run(
  { ports, assignment, attempt }: Step,
  context: RestoredContext | undefined,
  signal: AbortSignal,
): Promise<HandlerOutcome> {
  const { task, handler, config } = assignment;
  const { attempts, progress: reported } = attempt.task;
  const progress = progressReporter(ports, { pool: config.name, taskId: task.id, attempt: attempts });
  const outcome = await runHandler({
    handler,
    task: {
      id: task.id,
      contextId: task.contextId,
      payload: await readValue(ports.objects, task.payload),
      attempt: attempts,
      progress: reported && (await readValue(ports.objects, reported)),
    },
    context: context?.value,
    progress: progress.report,
    timeoutMs: config.taskTimeoutSeconds * 1000,
    graceMs: (cause) =>
      cause === 'stopping' ? STOP_GRACE_SHARE * config.stopTimeoutSeconds * 1000 : TIMEOUT_GRACE_MS,
    signal,
    clock: ports.clock,
  });
  await progress.flush();
  return outcome;
}

/** Stores what the handler returned, or records why it returned nothing. Either way, disposes of the message. */
async function commit(
  step: Step,
  context: RestoredContext | undefined,
  outcome: HandlerOutcome,
): Promise<Ended> {
  const { attempt, assignment } = step;
  if (outcome.kind === 'returned') return store(step, context, outcome);
  if (outcome.kind === 'threw') return threw(step, outcome);
  const isStuck = outcome.kind === 'stuck';
  switch (outcome.cause) {
    case 'message lost': {
      const disposed = await attempt.abandon();
      return isStuck ? { kind: 'stuck', reason: 'its message was lost', disposed } : ended(disposed);
    }
    case 'timeout': {
      const reason = `timed out after ${assignment.config.taskTimeoutSeconds} s`;
      if (!isStuck) return ended(await attempt.fail(reason), reason);
      // This process must take no further task, whether or not the failure can be recorded. If it can't, the attempt
      // counts as one whose agent ended, and SQS redelivers the message.
      const disposed = await attempt.fail(reason).catch(() => attempt.abandon());
      return { kind: 'stuck', reason, disposed };
    }
    case 'stopping':
      return ended(await attempt.returnToQueue('its agent had to stop'));
    default:
      return outcome.cause satisfies never;
  }
}

/** Not now isn't failed: the task is put off for as long as the pool allows, counted from its first start. */
async function threw(
  { ports, assignment, attempt }: Step,
  { reason, retryAfterSeconds }: Extract<HandlerOutcome, { kind: 'threw' }>,
): Promise<Ended> {
  const nowMs = ports.clock.now();
  const sinceSeconds = Math.max(0, nowMs - (attempt.task.startedAtMs ?? nowMs)) / 1000;
  const leftSeconds = assignment.config.retryLaterForSeconds - sinceSeconds;
  if (retryAfterSeconds === undefined || leftSeconds <= 0) return ended(await attempt.fail(reason), reason);
  // Each pause is at least an eighth of the time so far, so that the pauses of an hour take some fifty receives.
  const afterSeconds = Math.min(Math.max(retryAfterSeconds, sinceSeconds / 8, 1), leftSeconds);
  const disposed = await attempt.postpone(reason, afterSeconds);
  return disposed.kind === 'returned'
    ? { kind: 'postponed', reason, afterSeconds, disposed }
    : ended(disposed, reason);
}

async function store(
  step: Step,
  restored: RestoredContext | undefined,
  returned: { readonly result: unknown; readonly context: unknown },
): Promise<Ended> {
  const { ports, assignment, attempt } = step;
  const { task, config } = assignment;
  const key = resultKey(config.name, { taskId: task.id, attempt: attempt.task.attempts });
  const result = await storeValue(ports.objects, key, toJson(returned.result, 'the result'));
  if (!restored || task.contextId === undefined || returned.context === undefined) {
    return complete(step, result, {
      bytesWritten: 0,
      context: restored,
      plainBytes: restored?.plainBytes ?? 0,
    });
  }
  const saved = await ports.contexts.save(task.contextId, {
    after: restored,
    value: returned.context,
    by: { taskId: task.id, result },
  });
  if (saved.kind === 'saved') return complete(step, result, { ...saved, context: restored });
  // The head has moved. Either this very task was applied, by another attempt or by our own write whose response was
  // lost; or another task moved it, and this one has to run again on the new context.
  const applied = saved.ahead?.applied.find(({ taskId }) => taskId === task.id);
  if (applied) {
    const plainBytes = saved.ahead?.plainBytes ?? 0;
    return complete(step, applied.result, { bytesWritten: 0, context: restored, plainBytes });
  }
  const reason = `context ${task.contextId} moved from version ${restored.version} to ${saved.ahead?.version ?? 0} while the task ran`;
  const disposed = await attempt.returnToQueue(reason);
  return { kind: 'failed', reason, isFinal: disposed.kind === 'given up', disposed };
}

async function complete(
  { attempt }: Step,
  result: StoredValue,
  moved: {
    readonly bytesWritten: number;
    readonly plainBytes: number;
    readonly context: RestoredContext | undefined;
  },
): Promise<Ended> {
  const { context, bytesWritten, plainBytes } = moved;
  const damage = context?.damage;
  const traffic = {
    bytesRead: context?.bytesRead ?? 0,
    bytesWritten,
    ...(damage !== undefined && { damage }),
  };
  const disposed = await attempt.complete({ result, traffic });
  if (disposed.kind !== 'completed') return ended(disposed);
  return {
    kind: 'completed',
    disposed,
    contextBytes: plainBytes,
    ...(context && { context: measured(context, plainBytes, bytesWritten) }),
    ...(damage !== undefined && { damage }),
  };
}

/**
 * How long a task waited before it first started: by SQS's clock alone, so neither the sender's clock nor this agent's
 * matters. If an earlier delivery was returned unstarted, the wait went on after the first receive, by this clock.
 */
function queueWaitMs({ sentAtMs, firstReceivedAtMs, receiveCount }: QueueMessage, nowMs: number): number {
  const untilReceived = Math.max(0, firstReceivedAtMs - sentAtMs);
  return receiveCount === 1 ? untilReceived : Math.max(untilReceived, nowMs - sentAtMs);
}

function measured(
  { version, bytesRead }: RestoredContext,
  plainBytes: number,
  bytesWritten: number,
): MeasuredContext {
  return { isWarm: version === 0 ? undefined : bytesRead === 0, plainBytes, bytesWritten };
}

/** The outcome of an attempt that didn't complete, by what happened to its message. */
function ended(disposed: Disposed, reason = 'no reason given'): Ended {
  switch (disposed.kind) {
    case 'retried':
    case 'given up':
      return { kind: 'failed', reason, isFinal: disposed.kind === 'given up', disposed };
    case 'returned':
      return { kind: 'returned', disposed };
    case 'completed':
    case 'superseded':
    case 'abandoned':
      return { kind: 'superseded', disposed };
    default:
      return disposed.kind satisfies never;
  }
}
