import type { RestoredContext } from '../shared/contexts/contexts.ts';
import type { StoredValue } from '../shared/core/pool/task-record.ts';
import { resultKey } from '../shared/ports/object-keys.ts';
import { storeValue, toJson } from '../shared/tasks/values.ts';
import type { MeasuredContext } from '../shared/telemetry/agent-metrics.ts';
import type { Step } from './assignment.ts';
import { type Ended, ended } from './outcome.ts';
import type { HandlerOutcome } from './run-handler.ts';

/** Stores what the handler returned, or records why it returned nothing. Either way, disposes of the message. */
export async function commit(
  step: Step,
  context: RestoredContext | undefined,
  outcome: HandlerOutcome,
): Promise<Ended> {
  const { attempt, assignment } = step;
  // A handler may return although it was aborted. Its turn must not take effect.
  if (assignment.cancelled.aborted && outcome.kind !== 'stuck') return ended(await attempt.cancelled());
  if (outcome.kind === 'returned') return store(step, context, outcome);
  if (outcome.kind === 'threw') return ended(await attempt.fail(outcome.reason), outcome.reason);
  if (outcome.kind === 'not now') return notNow(step, outcome);
  const isStuck = outcome.kind === 'stuck';
  switch (outcome.cause) {
    case 'message lost': {
      const disposed = await attempt.abandon('its message was lost');
      return isStuck ? { kind: 'stuck', reason: 'its message was lost', disposed } : ended(disposed);
    }
    case 'cancelled': {
      const disposed = await attempt.cancelled();
      return isStuck ? { kind: 'stuck', reason: 'it was cancelled', disposed } : ended(disposed);
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

/** The pauses of a task that's put off because the line for a limit is full grow no longer by themselves. */
const LINE_PAUSE_AT_MOST_SECONDS = 300;

/**
 * Not now isn't failed: the task is put off for as long as the pool allows, counted from its first start. That a line is
 * full is the pool's load and no service's answer, so no task fails for it.
 */
async function notNow(
  { ports, assignment, attempt }: Step,
  { reason, ...later }: Extract<HandlerOutcome, { kind: 'not now' }>,
): Promise<Ended> {
  const refused = await ports.limits.refused(later);
  if (refused.kind === 'unknown limit') return ended(await attempt.fail(refused.reason), refused.reason);
  const nowMs = ports.clock.now();
  const sinceSeconds = Math.max(0, nowMs - (attempt.task.startedAtMs ?? nowMs)) / 1000;
  // Each pause is at least an eighth of the time so far, so that the pauses of an hour take some fifty receives.
  const grownSeconds = Math.max(sinceSeconds / 8, 1);
  if (later.closes.kind === 'full')
    return postponed(Math.max(later.afterSeconds, Math.min(grownSeconds, LINE_PAUSE_AT_MOST_SECONDS)));
  const leftSeconds = assignment.config.retryLaterForSeconds - sinceSeconds;
  if (leftSeconds <= 0) return ended(await attempt.fail(reason), reason);
  return postponed(Math.min(Math.max(later.afterSeconds, grownSeconds), leftSeconds));

  async function postponed(afterSeconds: number): Promise<Ended> {
    const disposed = await attempt.postpone(reason, afterSeconds);
    return disposed.kind === 'returned'
      ? { kind: 'postponed', reason, afterSeconds, disposed }
      : ended(disposed, reason);
  }
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

export async function complete(
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

function measured(
  { version, bytesRead }: RestoredContext,
  plainBytes: number,
  bytesWritten: number,
): MeasuredContext {
  return { isWarm: version === 0 ? undefined : bytesRead === 0, plainBytes, bytesWritten, version };
}
