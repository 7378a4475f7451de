import { completedAttempt, failedAttempt, startedTask } from '../shared/core/pool/minutes.ts';
import type { QueueMessage } from '../shared/ports/task-queue.ts';
import { hasLeftTheQueue, leaveAlone, rejectMessage, returnUnstarted } from '../shared/tasks/delivery.ts';
import type { TaskMessage } from '../shared/tasks/envelope.ts';
import { identified, parseMessage } from '../shared/tasks/message.ts';
import type { Agent } from './agent.ts';
import { attemptTask, deliveryOf } from './attempt.ts';
import type { Cancellations } from './cancellations.ts';
import type { AgentHandler } from './handler.ts';
import type { Keeper, Kept } from './keep-invisible.ts';
import type { AgentCounts } from './minute-counts.ts';
import type { AttemptOutcome } from './outcome.ts';
import type { OwnRecord } from './own-record.ts';

/** What an agent works on a task with. */
export type TaskWorker = {
  readonly handler: AgentHandler;
  readonly record: OwnRecord;
  readonly keeper: Keeper;
  readonly counts: AgentCounts;
  readonly cancellations: Cancellations;
};

/**
 * Works on messages that were received together and have to run in their order. When one of them stays in the queue, or
 * the agent takes no more tasks, those behind it are returned. Never rejects.
 */
export async function workOn(
  agent: Agent,
  worker: TaskWorker,
  messages: readonly QueueMessage[],
): Promise<void> {
  const { queue, clock, log } = agent.ports;
  const receivedAt = clock.elapsed();
  const waiting = [...worker.keeper.keep(messages)];
  try {
    let heldMs = 0;
    for (let kept = waiting.shift(); kept; kept = waiting.shift()) {
      const mayFollow = await handle(agent, worker, { kept, heldMs }).finally(kept.done);
      if (!mayFollow) break;
      heldMs = clock.elapsed() - receivedAt;
    }
  } catch (error) {
    log.warn('could not work on a message', { error });
  } finally {
    for (const { message, done } of waiting) {
      done();
      // Otherwise, it's visible again after its visibility timeout.
      await queue
        .release(message)
        .catch((error: unknown) => log.warn('could not return a message', { error }));
    }
  }
}

type Received = {
  readonly kept: Kept;
  /** How long it was behind another message of its group. */
  readonly heldMs: number;
};

/** Works on one message. True: it has left the queue. */
async function handle(agent: Agent, worker: TaskWorker, { kept, heldMs }: Received): Promise<boolean> {
  const { ports, config, shutdown } = agent;
  const { message } = kept;
  const parsed = parseMessage(message, config.name);
  if (parsed.kind === 'invalid') {
    ports.log.warn('message rejected', { taskId: message.messageId, reason: parsed.reason });
    await rejectMessage(ports, message, parsed.reason);
    worker.counts.add({ givenUp: 1 });
    return true;
  }
  const task = await identified(parsed, ports.tasks);
  const received = { config, agentId: agent.identity.id, message, task };
  // Its message was delivered again while the task runs here: this agent couldn't keep it invisible.
  if (worker.record.names(task.id)) return hasLeftTheQueue(await leaveAlone(ports, deliveryOf(received)));
  // A poll is never aborted: a message on its way would stay invisible and block its context. It's returned instead.
  const isClaimed = !shutdown.signal.aborted && (await worker.record.claim(task.id));
  if (!isClaimed) {
    await returnUnstarted(ports, deliveryOf(received));
    return false;
  }
  let outcome: AttemptOutcome | undefined;
  try {
    outcome = await attempt(agent, worker, { ...received, kept, heldMs });
    return hasLeftTheQueue(outcome.disposed);
  } finally {
    // An agent that stops names the tasks that it returned until then.
    if (outcome?.kind !== 'returned') await worker.record.release(task.id, { warm: warmedBy(task, outcome) });
  }
}

async function attempt(
  { ports, config, shutdown }: Agent,
  { handler, counts, cancellations }: TaskWorker,
  {
    kept,
    task,
    ...received
  }: Received & { readonly task: TaskMessage } & {
    readonly config: Agent['config'];
    readonly agentId: string;
    readonly message: QueueMessage;
  },
): Promise<AttemptOutcome> {
  const running = cancellations.begin(task.id);
  const outcome = await attemptTask(ports, {
    ...received,
    task,
    handler,
    lost: kept.lost,
    stopping: shutdown.interrupt,
    cancelled: running.signal,
    onStart(start) {
      const { queueWaitMs } = start;
      if (queueWaitMs !== undefined) counts.add(startedTask(queueWaitMs, config.objective.withinSeconds));
      ports.telemetry.started(task, start);
    },
  }).finally(running.done);
  if (outcome.kind === 'completed') counts.add(completedAttempt(outcome.durationMs, outcome.contextBytes));
  if (outcome.kind === 'failed') counts.add(failedAttempt(outcome.durationMs, outcome.isFinal));
  ports.telemetry.attempted(task, outcome);
  if (outcome.kind === 'stuck') shutdown.request('handler stuck');
  return outcome;
}

/** Without a context there is nothing to keep warm, so no cooldown. */
function warmedBy({ contextId }: TaskMessage, outcome: AttemptOutcome | undefined) {
  if (outcome?.kind !== 'completed' || contextId === undefined) return undefined;
  return { contextId, contextBytes: outcome.contextBytes };
}
