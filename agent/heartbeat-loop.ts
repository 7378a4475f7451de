import type { Agent } from './agent.ts';
import type { Worker } from './poll.ts';

/** Protection lasts 15 minutes, so two renewals may fail before it runs out. */
const RENEW_PROTECTION_MS = 5 * 60_000;

/**
 * Writes the agent's heartbeat, with what it has counted, and renews its protection until `done` aborts. If the agent's
 * record says that it's been drained or lost, requests a shutdown; if it says that its task is cancelled, aborts that.
 */
export async function heartbeatLoop(
  { ports, config, identity, shutdown }: Agent,
  { counts, cancellations }: Pick<Worker, 'counts' | 'cancellations'>,
  done: AbortSignal,
): Promise<void> {
  const { store, protection, clock, log } = ports;
  let renewAt = clock.elapsed() + RENEW_PROTECTION_MS;
  while (!done.aborted) {
    await clock.sleep(config.heartbeatSeconds * 1000, done);
    if (done.aborted) return;
    try {
      const instance = await store.heartbeat(identity.id, clock.now(), { minutes: counts.ring() });
      if (instance?.cancelledTaskId !== undefined) cancellations.cancel(instance.cancelledTaskId);
      if (!instance) shutdown.request('lost');
      else if (instance.status === 'draining') shutdown.request('drained');
      else if (clock.elapsed() >= renewAt) {
        renewAt = clock.elapsed() + RENEW_PROTECTION_MS;
        if (!(await protection.protect()))
          log.warn('protection was not renewed: more tasks are protected than desired');
      }
    } catch (error) {
      log.warn('heartbeat failed', { error });
    }
  }
}
