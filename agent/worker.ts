import { type AgentInstance, GONE_RECORD_SECONDS } from '../shared/core/pool/agent-instance.ts';
import { countCompleted } from '../shared/core/pool/minutes.ts';
import type { QueueMessage } from '../shared/ports/task-queue.ts';
import { rejectMessage } from '../shared/tasks/delivery.ts';
import { parseMessage, type TaskMessage } from '../shared/tasks/message.ts';
import type { Agent, ShutdownCause } from './agent.ts';
import { attemptTask } from './attempt.ts';
import type { AgentHandler } from './handler.ts';
import { heartbeatLoop } from './heartbeat-loop.ts';

/** Warm contexts listed in an agent's record. */
const WARM_CONTEXTS = 4;
/** Pause after a call that failed, and after protection was refused. */
const RETRY_MS = 2_000;
/** Longest that a start waits for the prefetch. */
const PREFETCH_MS = 5_000;

/** An agent's life: register, become ready, work until it has to stop, deregister. Returns why it stopped. */
export async function runAgent(agent: Agent): Promise<ShutdownCause> {
  const { ports, identity, shutdown } = agent;
  const done = new AbortController();
  let instance = await register(agent);
  const heartbeat = heartbeatLoop(agent, done.signal);
  try {
    const handler = await agent.loadHandler();
    await prefetch(agent);
    const ready = await becomeReady(agent);
    if (ready) instance = ready;
    while (!shutdown.signal.aborted) instance = await pollOnce(agent, handler, instance);
    ports.log.info('takes no more tasks', { cause: shutdown.cause() });
    if (shutdown.cause() === 'drained') await waitForSigterm(agent);
  } finally {
    done.abort();
    await heartbeat;
    await deregister(agent, instance);
  }
  ports.log.info('stopped', { agent: identity.id, cause: shutdown.cause() });
  return shutdown.cause() ?? 'SIGTERM';
}

async function register({ ports, config, identity }: Agent): Promise<AgentInstance> {
  const nowMs = ports.clock.now();
  const instance: AgentInstance = {
    pool: config.name,
    id: identity.id,
    revision: identity.revision,
    status: 'starting',
    statusSinceMs: nowMs,
    launchedAtMs: identity.launchedAtMs,
    heartbeatAtMs: nowMs,
    contextBytes: 0,
    warmContexts: [],
    minutes: [],
  };
  await ports.store.register(instance);
  return instance;
}

/** Fetches what every task needs before the first one arrives. If that fails, tasks only start slower. */
async function prefetch({ ports, shutdown }: Agent): Promise<void> {
  const done = new AbortController();
  const fetched = ports
    .prefetch()
    .catch((error: unknown) => ports.log.warn('prefetch failed', { error }))
    .finally(() => done.abort());
  await Promise.race([
    fetched,
    ports.clock.sleep(PREFETCH_MS, AbortSignal.any([done.signal, shutdown.signal])),
  ]);
}

/**
 * Becomes ready only once it's protected, so that ECS never scales in this agent by itself. Retries when ECS refuses.
 */
async function becomeReady({ ports, config, identity, shutdown }: Agent): Promise<AgentInstance | undefined> {
  const { clock, protection, store, log } = ports;
  const giveUpAtMs = identity.launchedAtMs + config.startTimeoutSeconds * 1000;
  while (!shutdown.signal.aborted) {
    try {
      if (await protection.protect()) {
        const readyAtMs = clock.now();
        const result = await store.transition(identity.id, 'ready', {
          nowMs: readyAtMs,
          changes: {
            readyAtMs,
            unprotected: null,
          },
        });
        if (result.kind === 'applied') return result.instance;
        shutdown.request('lost');
      } else {
        log.info('protection refused: more tasks are protected than desired');
        await store.heartbeat(identity.id, clock.now(), { unprotected: true });
      }
    } catch (error) {
      log.warn('could not become ready', { error });
    }
    if (clock.now() > giveUpAtMs) shutdown.request('not ready in time');
    await clock.sleep(RETRY_MS, shutdown.signal);
  }
  return undefined;
}

/** Waits for one message and works on it. Returns the agent's record afterwards. */
async function pollOnce(
  agent: Agent,
  handler: AgentHandler,
  instance: AgentInstance,
): Promise<AgentInstance> {
  const { ports, config, shutdown } = agent;
  try {
    if (instance.retiring) return await retire(agent, instance);
    const message = await ports.queue.receive(pollSeconds(agent, instance), config.visibilitySeconds);
    if (!message) return await settle(agent, instance);
    // A poll is never aborted: a message on its way would stay invisible and block its context. It's returned instead.
    if (shutdown.signal.aborted) {
      await ports.queue.release(message);
      return instance;
    }
    return await handle(agent, handler, instance, message);
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

async function handle(
  agent: Agent,
  handler: AgentHandler,
  instance: AgentInstance,
  message: QueueMessage,
): Promise<AgentInstance> {
  const { ports, config, shutdown } = agent;
  const parsed = parseMessage(message.body, config.name, message.groupId);
  if (parsed.kind === 'invalid') {
    ports.log.warn('message rejected', {
      taskId: parsed.id ?? `message-${message.messageId}`,
      reason: parsed.reason,
    });
    await rejectMessage(ports, message, parsed);
    return instance;
  }
  const { task } = parsed;
  const claimed = await claim(agent, task);
  if (!claimed) {
    await ports.queue.release(message);
    return instance;
  }
  const outcome = await attemptTask(ports, {
    config,
    agentId: instance.id,
    handler,
    message,
    task,
    stopping: shutdown.interrupt,
  });
  ports.telemetry.attempted(task, outcome);
  if (outcome.kind === 'stuck') shutdown.request('handler stuck');
  if (outcome.kind === 'returned') return claimed;
  const nowMs = ports.clock.now();
  const idle = { taskId: null, lastUsedAtMs: nowMs };
  // Without a context there is nothing to keep warm, so no cooldown.
  const event = outcome.kind === 'completed' && task.contextId !== undefined ? 'complete' : 'release';
  const released = await ports.store.transition(instance.id, event, {
    nowMs,
    changes: {
      ...idle,
      ...(outcome.kind === 'completed' && {
        minutes: countCompleted(claimed.minutes, nowMs, outcome),
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
      changes: { taskId: null },
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

/**
 * A drained agent waits until ECS stops it. If ECS doesn't, the desired count wasn't lowered after all. The agent
 * exits, and ECS starts another one if the desired count requires it.
 */
async function waitForSigterm({ ports, config, shutdown }: Agent): Promise<void> {
  await ports.protection
    .release()
    .catch((error: unknown) => ports.log.warn('could not remove protection', { error }));
  await ports.clock.sleep(config.stopTimeoutSeconds * 1000, shutdown.interrupt);
}

async function deregister({ ports, identity, shutdown }: Agent, instance: AgentInstance): Promise<void> {
  const { store, protection, clock, log } = ports;
  const nowMs = clock.now();
  const interruptedTaskId = instance.status === 'busy' ? instance.taskId : undefined;
  try {
    await protection.release();
    if (shutdown.cause() === 'lost') return;
    await store.transition(identity.id, 'stop', {
      nowMs,
      changes: {
        expiresAt: Math.ceil(nowMs / 1000) + GONE_RECORD_SECONDS,
        ...(interruptedTaskId !== undefined && { interruptedTaskId }),
        taskId: null,
      },
    });
  } catch (error) {
    // Its heartbeat stops too, so the scaler closes its record.
    log.warn('could not deregister', { error });
  }
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
