import type { PoolConfig } from '../pool/config.ts';
import { type Instance, isSilent } from '../pool/instance.ts';
import { isLive } from '../pool/status.ts';
import {
  ACTIVITY_MINUTES,
  type Activity,
  type Agents,
  type FleetReading,
  MAX_VICTIMS,
} from './observation.ts';

type Context = {
  readonly nowMs: number;
  readonly config: Pick<PoolConfig, 'heartbeatSeconds'>;
  /** Generation of the desired count in force. */
  readonly generation: number;
  /** The service, when it could be read. */
  readonly fleet: FleetReading | undefined;
};

/** Sums up the records of a pool's agents for one decision. */
export function summarize(instances: readonly Instance[], unreadable: number, context: Context): Agents {
  const live = instances.filter((instance) => isLive(instance.status));
  const silent = live.filter((instance) =>
    isSilent(instance, context.nowMs, context.config.heartbeatSeconds),
  );
  const heard = live.filter((instance) => !silent.includes(instance));
  const of = (status: Instance['status']) => heard.filter((instance) => instance.status === status);
  const idleSince = [...of('ready'), ...of('cooldown')].map((instance) => instance.statusSinceMs);
  return {
    starting: of('starting').length + unregistered(live, context.fleet),
    ready: of('ready').length,
    busy: of('busy').length,
    cooldown: of('cooldown').length,
    draining: of('draining').length,
    silent: silent.length,
    unreadable,
    idleSeconds: idleSince.length === 0 ? 0 : Math.max(0, context.nowMs - Math.min(...idleSince)) / 1000,
    victims: chooseVictims(of('ready'), context.fleet?.revision),
    unaccountedDrains: of('draining')
      .filter((instance) => (instance.drainGeneration ?? 0) > context.generation)
      .map((instance) => instance.id),
    activity: activity(instances, context.nowMs),
  };
}

/** Agents that have been asked for but have no record yet: most of a start passes before an agent can write one. */
function unregistered(live: readonly Instance[], fleet: FleetReading | undefined): number {
  if (!fleet) return 0;
  const staying = live.filter((instance) => instance.status !== 'draining').length;
  return Math.max(0, fleet.desired - staying, fleet.running + fleet.pending - live.length);
}

/**
 * Who is let go first: agents of an older task definition, then those with the least warm context,
 * then the longest idle, then the oldest.
 */
function chooseVictims(ready: readonly Instance[], revision: string | undefined): readonly string[] {
  const isOld = (instance: Instance) => (revision !== undefined && instance.revision !== revision ? 0 : 1);
  return ready
    .toSorted(
      (a, b) =>
        isOld(a) - isOld(b) ||
        a.warmContexts.length - b.warmContexts.length ||
        (a.lastUsedAtMs ?? 0) - (b.lastUsedAtMs ?? 0) ||
        a.launchedAtMs - b.launchedAtMs ||
        (a.id < b.id ? -1 : 1),
    )
    .slice(0, MAX_VICTIMS)
    .map((instance) => instance.id);
}

/** Agents that are gone count too: their completed tasks are part of what the pool did. */
function activity(instances: readonly Instance[], nowMs: number): Activity {
  const sinceMinute = Math.floor(nowMs / 60_000) - ACTIVITY_MINUTES;
  let completed = 0;
  let workMs = 0;
  let waitMs = 0;
  let contextBytes = 0;
  let started = 0;
  let startupMs = 0;
  for (const instance of instances) {
    for (const bucket of instance.minutes) {
      if (bucket.minute < sinceMinute) continue;
      completed += bucket.completed;
      workMs += bucket.workMs;
      waitMs += bucket.waitMs;
      contextBytes += bucket.contextBytes;
    }
    if (instance.readyAtMs !== undefined) {
      started += 1;
      startupMs += instance.readyAtMs - instance.launchedAtMs;
    }
  }
  return {
    completed,
    ...(completed > 0 && {
      workSeconds: workMs / completed / 1000,
      waitSeconds: waitMs / completed / 1000,
      contextBytes: contextBytes / completed,
    }),
    ...(started > 0 && { startupSeconds: startupMs / started / 1000 }),
  };
}
