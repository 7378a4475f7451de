import type { PoolConfig } from '../pool/config.ts';
import type { Instance } from '../pool/instance.ts';
import { isSilent } from '../pool/instance.ts';
import { isLive } from '../pool/status.ts';
import type { Fleet, PoolStore, TaskQueue, UnreadableRecord } from '../ports.ts';
import { summarize } from './agents.ts';
import { known, type Observation, type Reading, unknown } from './observation.ts';

/** What was seen of a pool: the observation to decide from, and the records that need tidying. */
export type Sight = {
  readonly observation: Observation;
  /** Live records of agents that have been silent for too long. */
  readonly silent: readonly Instance[];
  /** Live agents that are draining: their protection is to be lifted. */
  readonly draining: readonly Instance[];
  /** Records of agents that are gone and whose time is over. */
  readonly expired: readonly string[];
  readonly unreadable: readonly UnreadableRecord[];
};

type Ports = { readonly queue: TaskQueue; readonly store: PoolStore; readonly fleet: Fleet };

/** Reads the queue, the service and the agents' records at once. A read that fails becomes unknown, with its reason. */
export async function observe(
  ports: Ports,
  config: PoolConfig,
  generation: number,
  nowMs: number,
): Promise<Sight> {
  const [queue, fleet, records] = await Promise.all([
    read(() => ports.queue.counts(), nowMs),
    read(() => ports.fleet.read(), nowMs),
    read(() => ports.store.instances(), nowMs),
  ]);
  const instances = records.kind === 'known' ? records.value.instances : [];
  const unreadable = records.kind === 'known' ? records.value.unreadable : [];
  const live = instances.filter((instance) => isLive(instance.status));
  return {
    observation: {
      pool: config.name,
      atMs: nowMs,
      queue,
      fleet,
      agents:
        records.kind === 'known'
          ? known(
              summarize(instances, unreadable.length, {
                nowMs,
                config,
                generation,
                fleet: fleet.kind === 'known' ? fleet.value : undefined,
              }),
              nowMs,
            )
          : records,
    },
    silent: live.filter((instance) => isSilent(instance, nowMs, config.heartbeatSeconds)),
    draining: live.filter((instance) => instance.status === 'draining'),
    expired: instances
      .filter((instance) => !isLive(instance.status) && (instance.expiresAt ?? Infinity) * 1000 < nowMs)
      .map((instance) => instance.id),
    unreadable,
  };
}

async function read<T>(from: () => Promise<T>, nowMs: number): Promise<Reading<T>> {
  try {
    return known(await from(), nowMs);
  } catch (error) {
    return unknown(error instanceof Error ? `${error.name}: ${error.message}` : String(error));
  }
}
