import { type AgentInstance, tasksOf } from '../shared/core/pool/agent-instance.ts';
import type { Agent } from './agent.ts';
import type { OwnRecord } from './own-record.ts';
import type { ProcessLoad } from './process-load.ts';

/** Protection lasts 15 minutes, so two renewals may fail before it runs out. */
const RENEW_PROTECTION_MS = 5 * 60_000;

/** Writes the agent's heartbeat, with how its process fares, and renews its protection until `done` aborts. */
export async function heartbeatLoop(
  { ports, config }: Agent,
  { record, load }: { readonly record: OwnRecord; readonly load: ProcessLoad },
  done: AbortSignal,
): Promise<void> {
  const { protection, clock, log } = ports;
  let renewAt = clock.elapsed() + RENEW_PROTECTION_MS;
  while (!done.aborted) {
    await clock.sleep(config.heartbeatSeconds * 1000, done);
    if (done.aborted) return;
    try {
      const heldUpSinceMs = load.isHeldUp() ? (record.instance().heldUpSinceMs ?? clock.now()) : null;
      const instance = await record.save({ load: load.sample(), heldUpSinceMs });
      // A draining agent keeps its protection while it has tasks.
      if (instance && !mayBeStopped(instance) && clock.elapsed() >= renewAt) {
        renewAt = clock.elapsed() + RENEW_PROTECTION_MS;
        if (!(await protection.protect()))
          log.warn('protection was not renewed: more tasks are protected than desired');
      }
    } catch (error) {
      log.warn('heartbeat failed', { error });
    }
  }
}

function mayBeStopped(instance: AgentInstance): boolean {
  return instance.status === 'draining' && instance.drainGeneration !== undefined && tasksOf(instance) === 0;
}
