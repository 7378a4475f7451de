import { completedAttempt, failedAttempt, startedTask } from '../shared/core/pool/minutes.ts';
import type { QueueMessage } from '../shared/ports/task-queue.ts';
import { leaveAlone, rejectMessage, returnUnstarted } from '../shared/tasks/delivery.ts';
import type { TaskMessage } from '../shared/tasks/envelope.ts';
import { identified, parseMessage } from '../shared/tasks/message.ts';
import type { Agent } from './agent.ts';
import type { Assignment } from './assignment.ts';
import { attemptTask, deliveryOf } from './attempt.ts';
import type { Cancellations } from './cancellations.ts';
import type { AgentHandler } from './handler.ts';
import type { Keeper, Kept } from './keep-invisible.ts';
import type { AgentCounts } from './minute-counts.ts';
import type { AttemptOutcome } from './outcome.ts';
import type { OwnRecord } from './own-record.ts';

/** What it takes to work on messages. */
export type Equipment = {
  readonly handler: AgentHandler;
  readonly record: OwnRecord;
  readonly keeper: Keeper;
  readonly counts: AgentCounts;
  readonly cancellations: Cancellations;
};

/** Works on a message, and keeps it invisible meanwhile. Never rejects. */
export async function workOn(agent: Agent, equipment: Equipment, message: QueueMessage): Promise<void> {
  const kept = equipment.keeper.keep(message);
  try {
    await handle(agent, equipment, kept);
  } catch (error) {
    agent.ports.log.warn('could not work on a message', { error });
    // Which writes were made is unknown. The record says what's true again.
    await equipment.record.save().catch(() => undefined);
  } finally {
    kept.done();
  }
}

async function handle(agent: Agent, equipment: Equipment, kept: Kept): Promise<void> {
  const { ports, config, shutdown } = agent;
  const { message } = kept;
  const parsed = parseMessage(message, config.name);
  if (parsed.kind === 'invalid') {
    ports.log.warn('message rejected', { taskId: message.messageId, reason: parsed.reason });
    await rejectMessage(ports, message, parsed.reason);
    equipment.counts.add({ givenUp: 1 });
    return;
  }
  const task = await identified(parsed, ports.tasks);
  const received = { config, agentId: agent.identity.id, message, task };
  // Its message was delivered again while the task runs here: this agent couldn't keep it invisible.
  if (equipment.record.names(task.id)) {
    await leaveAlone(ports, deliveryOf(received));
    return;
  }
  // A poll is never aborted: a message on its way would stay invisible and block its context. It's returned instead.
  const isClaimed = !shutdown.signal.aborted && (await equipment.record.claim(task.id));
  if (!isClaimed) {
    await returnUnstarted(ports, deliveryOf(received));
    return;
  }
  let outcome: AttemptOutcome | undefined;
  try {
    outcome = await attempt(agent, equipment, { ...received, lost: kept.lost });
  } finally {
    // An agent that stops names the tasks that it returned until then.
    if (outcome?.kind !== 'returned')
      await equipment.record.release(task.id, { warm: warmedBy(task, outcome) });
  }
}

async function attempt(
  { ports, config, shutdown }: Agent,
  { handler, counts, cancellations }: Equipment,
  received: Pick<Assignment, 'config' | 'agentId' | 'message' | 'task' | 'lost'>,
): Promise<AttemptOutcome> {
  const { task } = received;
  const running = cancellations.begin(task.id);
  const outcome = await attemptTask(ports, {
    ...received,
    handler,
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
