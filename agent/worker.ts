import { type AgentInstance, GONE_RECORD_SECONDS } from '../shared/core/pool/agent-instance.ts';
import { countCompleted } from '../shared/core/pool/minutes.ts';
import type { QueueMessage } from '../shared/ports/task-queue.ts';
import { rejectMessage } from '../shared/tasks/delivery.ts';
import { parseMessage, type TaskMessage } from '../shared/tasks/message.ts';
import type { Agent, ShutdownCause } from './agent.ts';
import { attemptTask } from './attempt.ts';
import type { AgentHandler } from './handler.ts';
import { heartbeatLoop } from './heartbeat-loop.ts';

/** Contexts that a record names as warm. */
const WARM_CONTEXTS = 4;
/** Pause after a call that failed, and after protection was refused. */
const RETRY_MS = 2_000;
/** A start does not wait longer for what is fetched ahead. */
const PREFETCH_MS = 5_000;

/** An agent's life: register, become ready, work until it has to stop, deregister. Answers with why it stopped. */
export async function runAgent(agent: Agent): Promise<ShutdownCause> {
  const { ports, identity, shutdown } = agent;
  const done = new AbortController();
  let instance = await register(agent);
  const beating = heartbeatLoop(agent, done.signal);
  try {
    const handler = await agent.loadHandler();
    await prefetch(agent);
    const ready = await becomeReady(agent);
    if (ready) instance = ready;
    while (!shutdown.signal.aborted) instance = await pollOnce(agent, handler, instance);
    ports.log.info('takes no more work', { cause: shutdown.cause() });
    if (shutdown.cause() === 'drained') await waitForSigterm(agent);
  } finally {
    done.abort();
    await beating;
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

/** Has at hand what every task needs before the first one comes; without it tasks only start slower. */
async function prefetch({ ports, shutdown }: Agent): Promise<void> {
  const done = new AbortController();
  const fetched = ports
    .prefetch()
    .catch((error: unknown) => ports.log.warn('nothing was fetched ahead', { error }))
    .finally(() => done.abort());
  await Promise.race([
    fetched,
    ports.clock.sleep(PREFETCH_MS, AbortSignal.any([done.signal, shutdown.signal])),
  ]);
}

/** Ready only under protection, so that ECS never chooses this agent by itself. Refused, it tries again. */
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

/** Waits for one message and works on it; answers with the agent's record after it. */
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
    // A poll is never cut off: a message on its way would stay invisible, and its context blocked. It is returned.
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

/** A newer version takes over: drains itself, as the scaler would. */
async function retire({ ports, shutdown }: Agent, instance: AgentInstance): Promise<AgentInstance> {
  const { store, clock } = ports;
  if (instance.status === 'cooldown') await store.transition(instance.id, 'settle', { nowMs: clock.now() });
  // No desired count is to be lowered for it.
  const drained = await store.transition(instance.id, 'drain', {
    nowMs: clock.now(),
    changes: { drainGeneration: 0 },
  });
  shutdown.request('drained');
  return drained.kind === 'applied' ? drained.instance : instance;
}

/** Ends the cooldown when its time is over. */
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

/** The point where work and scale-in meet: whoever writes first wins. Undefined: this agent has been let go. */
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
  // Refused, or the answer to a first try was lost and the retry found it done: the record tells.
  const instance = await store.heartbeat(identity.id, clock.now());
  if (instance?.status === 'busy' && instance.taskId === task.id) return instance;
  shutdown.request(instance ? 'drained' : 'lost');
  return undefined;
}

/** After an error it is not known which write was made: the record tells, and an agent that is busy with nothing is freed. */
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
 * A drained agent waits until ECS stops it. If nobody does, its place was not given up after all: it ends, and ECS
 * starts another one where one is desired.
 */
async function waitForSigterm({ ports, config, shutdown }: Agent): Promise<void> {
  await ports.protection
    .release()
    .catch((error: unknown) => ports.log.warn('could not lift protection', { error }));
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
    // Its heartbeat stops with it: the scaler takes it for lost.
    log.warn('could not sign off', { error });
  }
}

/** In cooldown no longer than what is left of it, so that it ends in time. */
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
