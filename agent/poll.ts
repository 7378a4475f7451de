import type { AgentInstance } from '../shared/core/pool/agent-instance.ts';
import { completedAttempt, failedAttempt, startedTask } from '../shared/core/pool/minutes.ts';
import type { QueueMessage } from '../shared/ports/task-queue.ts';
import { rejectMessage, returnUnstarted } from '../shared/tasks/delivery.ts';
import type { TaskMessage } from '../shared/tasks/envelope.ts';
import { identified, parseMessage } from '../shared/tasks/message.ts';
import { type Agent, RETRY_MS } from './agent.ts';
import { attemptTask, deliveryOf } from './attempt.ts';
import type { Cancellations } from './cancellations.ts';
import type { AgentHandler } from './handler.ts';
import type { AgentCounts } from './minute-counts.ts';
import type { Receive } from './receive.ts';

/** Warm contexts listed in an agent's record. */
const WARM_CONTEXTS = 4;

/** What an agent works with, once it's ready. */
export type Worker = {
  readonly handler: AgentHandler;
  readonly receive: Receive;
  readonly counts: AgentCounts;
  readonly cancellations: Cancellations;
};

/** Waits for one message and works on it. Returns the agent's record afterwards. */
export async function pollOnce(
  agent: Agent,
  worker: Worker,
  instance: AgentInstance,
): Promise<AgentInstance> {
  const { ports, shutdown } = agent;
  try {
    if (instance.retiring) return await retire(agent, instance);
    const message = await worker.receive(pollSeconds(agent, instance));
    if (!message) return await settle(agent, instance);
    return await handle(agent, worker, { instance, message });
  } catch (error) {
    ports.log.warn('could not work on a message', { error });
    await ports.clock.sleep(RETRY_MS, shutdown.signal);
    return await recover(agent, instance);
  }
}

/** Drains itself as the scaler would, because a newer version replaces it. */
async function retire({ ports, shutdown }: Agent, instance: AgentInstance): Promise<AgentInstance> {
  const { store, clock } = ports;
  if (instance.status === 'cooldown') await store.transition(instance.id, 'settle', { nowMs: clock.now() });
  // Generation 0: the desired count must not be lowered for this agent.
  const drained = await store.transition(instance.id, 'drain', {
    nowMs: clock.now(),
    changes: { drainGeneration: 0 },
  });
  shutdown.request('drained');
  return drained.kind === 'applied' ? drained.instance : instance;
}

/** Ends the cooldown once its time is over. */
async function settle(agent: Agent, instance: AgentInstance): Promise<AgentInstance> {
  if (instance.status !== 'cooldown' || cooldownLeftMs(agent, instance) > 0) return instance;
  const { store, clock } = agent.ports;
  const settled = await store.transition(instance.id, 'settle', { nowMs: clock.now() });
  return settled.kind === 'applied' ? settled.instance : instance;
}

type Received = {
  readonly instance: AgentInstance;
  readonly message: QueueMessage;
};

async function handle(
  agent: Agent,
  { handler, counts, cancellations }: Worker,
  { instance, message }: Received,
): Promise<AgentInstance> {
  const { ports, config, shutdown } = agent;
  const parsed = parseMessage(message, config.name);
  if (parsed.kind === 'invalid') {
    ports.log.warn('message rejected', {
      taskId: message.messageId,
      reason: parsed.reason,
    });
    await rejectMessage(ports, message, parsed.reason);
    counts.add({ givenUp: 1 });
    return instance;
  }
  const task = await identified(parsed, ports.tasks);
  const received = { config, agentId: instance.id, message, task };
  // A poll is never aborted: a message on its way would stay invisible and block its context. It's returned instead.
  const claimed = shutdown.signal.aborted ? undefined : await claim(agent, task);
  if (!claimed) {
    await returnUnstarted(ports, deliveryOf(received));
    return instance;
  }
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
  if (outcome.kind === 'returned') return claimed;
  const nowMs = ports.clock.now();
  const idle = { taskId: null, cancelledTaskId: null, lastUsedAtMs: nowMs };
  // Without a context there is nothing to keep warm, so no cooldown.
  const event = outcome.kind === 'completed' && task.contextId !== undefined ? 'complete' : 'release';
  const released = await ports.store.transition(instance.id, event, {
    nowMs,
    changes: {
      ...idle,
      minutes: counts.ring(),
      ...(outcome.kind === 'completed' && {
        contextBytes: outcome.contextBytes,
        warmContexts: warmed(claimed.warmContexts, task.contextId),
      }),
    },
  });
  if (released.kind === 'applied') return released.instance;
  shutdown.request('lost');
  return claimed;
}

/** Where tasks and scale-in compete: the first write wins. Undefined: this agent has been drained or lost. */
async function claim(
  { ports, identity, shutdown }: Agent,
  task: TaskMessage,
): Promise<AgentInstance | undefined> {
  const { store, clock } = ports;
  const claimed = await store.transition(identity.id, 'claim', {
    nowMs: clock.now(),
    changes: { taskId: task.id },
  });
  if (claimed.kind === 'applied') return claimed.instance;
  // Either refused, or an earlier write succeeded and its response was lost. The record shows which.
  const instance = await store.heartbeat(identity.id, clock.now());
  if (instance?.status === 'busy' && instance.taskId === task.id) return instance;
  shutdown.request(instance ? 'drained' : 'lost');
  return undefined;
}

/** After an error, it's unknown which writes were made. Releases the agent if it's busy, or else reads its record. */
async function recover({ ports, shutdown }: Agent, instance: AgentInstance): Promise<AgentInstance> {
  const { store, clock, log } = ports;
  try {
    const released = await store.transition(instance.id, 'release', {
      nowMs: clock.now(),
      changes: { taskId: null, cancelledTaskId: null },
    });
    if (released.kind === 'applied') return released.instance;
    const current = await store.heartbeat(instance.id, clock.now());
    if (current) return current;
    shutdown.request('lost');
  } catch (error) {
    log.warn('could not read its own record', { error });
  }
  return instance;
}

/** Poll time, at most the rest of the cooldown, so that the cooldown ends in time. */
function pollSeconds(agent: Agent, instance: AgentInstance): number {
  const { pollSeconds } = agent.config;
  if (instance.status !== 'cooldown') return pollSeconds;
  return Math.min(pollSeconds, Math.max(1, Math.ceil(cooldownLeftMs(agent, instance) / 1000)));
}

function cooldownLeftMs({ config, ports }: Agent, instance: AgentInstance): number {
  if (instance.status !== 'cooldown') return 0;
  return instance.statusSinceMs + config.cooldownSeconds * 1000 - ports.clock.now();
}

function warmed(warm: readonly string[], contextId: string | undefined): readonly string[] {
  if (contextId === undefined) return warm;
  return [contextId, ...warm.filter((id) => id !== contextId)].slice(0, WARM_CONTEXTS);
}
