import type { RestoredContext } from '../shared/contexts/contexts.ts';
import { describeError } from '../shared/core/foreign-text.ts';
import { receivesOf } from '../shared/core/pool/receives.ts';
import type { StoredValue } from '../shared/core/pool/task-record.ts';
import { isUnacceptable } from '../shared/ports/refusal.ts';
import type { QueueMessage } from '../shared/ports/task-queue.ts';
import { type Disposed, openDelivery } from '../shared/tasks/delivery.ts';
import { readValue, ValueError } from '../shared/tasks/values.ts';
import type { Assignment, AttemptPorts, Step } from './assignment.ts';
import { commit, complete } from './commit.ts';
import { delegating } from './delegate.ts';
import { type AttemptOutcome, type Ended, ended } from './outcome.ts';
import { progressReporter } from './progress.ts';
import { type HandlerOutcome, runHandler } from './run-handler.ts';

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
  const { maxAttempts, retryBackoff, heartbeatSeconds } = config;
  const maxReceives = receivesOf(config);
  return { message, task, agentId, maxAttempts, retryBackoff, maxReceives, heartbeatSeconds };
}

/** Begin, restore, run, commit. */
async function work(ports: AttemptPorts, assignment: Assignment): Promise<Ended> {
  const { stopping, cancelled, lost } = assignment;
  const delivery = openDelivery(ports, deliveryOf(assignment));
  const begun = await delivery.begin();
  if (begun.kind === 'disposed') return ended(begun.disposed, begun.reason);
  const { attempt } = begun;
  const { attempts } = attempt.task;
  assignment.onStart({
    attempt: attempts,
    queueWaitMs: attempts === 1 ? queueWaitMs(assignment.message, ports.clock.now()) : undefined,
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
          await run(step, restored.context, AbortSignal.any([stopping, lost, cancelled])),
        );
      default:
        return restored satisfies never;
    }
  } catch (error) {
    if (ports.uploads.aborted) return ended(await attempt.returnToQueue('its agent had to stop'));
    if (error instanceof ValueError) return ended(await attempt.fail(error.message), error.message);
    // Tried again, it would be refused again, and the handler would run for nothing until SQS gives the message up.
    if (isUnacceptable(error)) return ended(await attempt.fail(describeError(error)), describeError(error));
    // AWS couldn't be reached. That isn't the task's fault, so the attempt doesn't count as failed, if that can still
    // be written. SQS redelivers the message when its visibility timeout expires.
    await attempt.abandon(describeError(error));
    throw error;
  }
}

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
    limits: ports.limits.forTask,
    send: delegating(ports.delegates, { pool: config.name, taskId: task.id }),
    timeoutMs: config.taskTimeoutSeconds * 1000,
    graceMs: (cause) =>
      cause === 'stopping' ? STOP_GRACE_SHARE * config.stopTimeoutSeconds * 1000 : TIMEOUT_GRACE_MS,
    signal,
    clock: ports.clock,
  });
  await progress.flush();
  return outcome;
}

/**
 * How long a task waited before it first started: by SQS's clock alone, so neither the sender's clock nor this agent's
 * matters. If an earlier delivery was returned unstarted, the wait went on after the first receive, by this clock.
 */
function queueWaitMs({ sentAtMs, firstReceivedAtMs, receiveCount }: QueueMessage, nowMs: number): number {
  const untilReceived = Math.max(0, firstReceivedAtMs - sentAtMs);
  return receiveCount === 1 ? untilReceived : Math.max(untilReceived, nowMs - sentAtMs);
}
