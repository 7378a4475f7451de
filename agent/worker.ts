import { type AgentInstance, GONE_RECORD_SECONDS } from '../shared/core/pool/agent-instance.ts';
import { type Agent, RETRY_MS, type ShutdownCause } from './agent.ts';
import { createCancellations } from './cancellations.ts';
import { heartbeatLoop } from './heartbeat-loop.ts';
import { keepInvisible } from './keep-invisible.ts';
import { type AgentCounts, agentCounts } from './minute-counts.ts';
import { type OwnRecord, ownRecord } from './own-record.ts';
import { takeTasks } from './poll.ts';
import { receiver } from './receive.ts';

/** Longest that a start waits for the prefetch. */
const PREFETCH_MS = 5_000;

/** An agent's life: register, become ready, work until it has to stop, deregister. Returns why it stopped. */
export async function runAgent(agent: Agent): Promise<ShutdownCause> {
  const { ports, identity, shutdown } = agent;
  const { load } = ports;
  const done = new AbortController();
  const work = { counts: agentCounts(ports.clock), cancellations: createCancellations() };
  const record = ownRecord(agent, work, await register(agent));
  const heartbeat = heartbeatLoop(agent, { record, load }, done.signal);
  try {
    const handler = await agent.loadHandler();
    await prefetch(agent);
    await becomeReady(agent, record);
    const keeper = keepInvisible(ports, agent.config.visibilitySeconds);
    await takeTasks(agent, { handler, record, load, keeper, receive: receiver(agent, record), ...work });
    await keeper.ended();
    if (shutdown.cause() === 'drained') await waitForSigterm(agent);
  } finally {
    done.abort();
    await heartbeat;
    await deregister(agent, record.instance(), work.counts);
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
    slots: config.concurrency,
    tasks: {},
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
 * Becomes ready only once it's protected, so that ECS never scales in this agent by itself. ECS refuses while more
 * tasks are protected than desired: during a deployment, until agents of the old version end their tasks, which may
 * take hours. The start timeout doesn't run meanwhile, because another agent would wait just as long.
 */
async function becomeReady({ ports, config, identity, shutdown }: Agent, record: OwnRecord): Promise<void> {
  const { clock, protection, log } = ports;
  const bootMs = Math.max(0, clock.now() - (identity.pulledAtMs ?? identity.launchedAtMs));
  let giveUpAt = clock.elapsed() + config.startTimeoutSeconds * 1000 - bootMs;
  while (!shutdown.signal.aborted) {
    try {
      if (await protection.protect()) {
        if (await record.become('ready', { readyAtMs: clock.now(), unprotected: null })) {
          log.info('ready', { launchedAtMs: identity.launchedAtMs });
          return;
        }
        shutdown.request('lost');
      } else {
        log.info('protection refused: more tasks are protected than desired');
        giveUpAt = clock.elapsed() + config.startTimeoutSeconds * 1000;
        await record.save({ unprotected: true });
      }
    } catch (error) {
      log.warn('could not become ready', { error });
    }
    if (clock.elapsed() > giveUpAt) shutdown.request('not ready in time');
    await clock.sleep(RETRY_MS, shutdown.signal);
  }
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

async function deregister(
  { ports, identity, shutdown }: Agent,
  instance: AgentInstance,
  counts: AgentCounts,
): Promise<void> {
  const { store, protection, clock, log } = ports;
  const nowMs = clock.now();
  const interruptedTasks = Object.keys(instance.tasks);
  try {
    await protection.release();
    if (shutdown.cause() === 'lost') return;
    await store.transition(identity.id, 'stop', {
      nowMs,
      changes: {
        expiresAt: Math.ceil(nowMs / 1000) + GONE_RECORD_SECONDS,
        ...(interruptedTasks.length > 0 && { interruptedTasks }),
        minutes: counts.ring(),
        tasks: {},
      },
    });
  } catch (error) {
    // Its heartbeat stops too, so the scaler closes its record.
    log.warn('could not deregister', { error });
  }
}
