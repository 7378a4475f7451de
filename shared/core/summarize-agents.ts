import {
  ACTIVITY_MINUTES,
  type Activity,
  type Agents,
  type FleetReading,
  MAX_VICTIMS,
  type Outdated,
} from './observation.ts';
import { type AgentInstance, isUnresponsive } from './pool/agent-instance.ts';
import type { PoolConfig } from './pool/config.ts';
import { addBuckets, type MinuteBucket, RING_MINUTES } from './pool/minutes.ts';
import { isLive } from './pool/status.ts';

type Context = {
  readonly nowMs: number;
  readonly config: Pick<PoolConfig, 'heartbeatSeconds'>;
  /** Generation of the desired count in force. */
  readonly generation: number;
  /** The service, if it could be read. */
  readonly fleet: FleetReading | undefined;
};

/** Summarizes the records of a pool's agents for one decision. */
export function summarize(instances: readonly AgentInstance[], unreadable: number, context: Context): Agents {
  const live = instances.filter((instance) => isLive(instance.status));
  const [unresponsive, responsive] = partition(live, (instance) =>
    isUnresponsive(instance, context.nowMs, context.config.heartbeatSeconds),
  );
  const of = (status: AgentInstance['status']) => responsive.filter((instance) => instance.status === status);
  const ready = of('ready');
  const cooldown = of('cooldown');
  const draining = of('draining');
  const idleSince = [...ready, ...cooldown].map((instance) => instance.statusSinceMs);
  const minutes = sumMinutes(instances, Math.floor(context.nowMs / 60_000) - RING_MINUTES);
  return {
    starting: of('starting').length + unregistered(live, context.fleet),
    ready: ready.length,
    busy: of('busy').length,
    cooldown: cooldown.length,
    draining: draining.length,
    unresponsive: unresponsive.length,
    unreadable,
    idleSeconds: idleSince.length === 0 ? 0 : Math.max(0, context.nowMs - Math.min(...idleSince)) / 1000,
    victims: chooseVictims(ready, context.fleet?.revision),
    outdated: outdated([...ready, ...of('busy'), ...cooldown], context.fleet?.revision),
    unprotected: of('starting').filter((instance) => instance.unprotected).length,
    unaccountedDrains: draining
      .filter((instance) => (instance.drainGeneration ?? 0) > context.generation)
      .map((instance) => instance.id),
    minutes,
    activity: activity(instances, minutes, context.nowMs),
  };
}

function partition<T>(values: readonly T[], test: (value: T) => boolean): [T[], T[]] {
  const [yes, no]: [T[], T[]] = [[], []];
  for (const value of values) (test(value) ? yes : no).push(value);
  return [yes, no];
}

/** Agents requested but without a record yet: most of a start-up passes before an agent can write one. */
function unregistered(live: readonly AgentInstance[], fleet: FleetReading | undefined): number {
  if (!fleet) return 0;
  const staying = live.filter((instance) => instance.status !== 'draining').length;
  return Math.max(0, fleet.desired - staying, fleet.running + fleet.pending - live.length);
}

/**
 * Agents in the order in which to scale them in: those of an older task definition first, then those with the fewest
 * warm contexts, then the longest idle, then the oldest.
 */
function chooseVictims(ready: readonly AgentInstance[], revision: string | undefined): readonly string[] {
  const isOld = (instance: AgentInstance) =>
    revision !== undefined && instance.revision !== revision ? 0 : 1;
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

function outdated(atWork: readonly AgentInstance[], revision: string | undefined): Outdated {
  const old = atWork.filter((instance) => revision !== undefined && instance.revision !== revision);
  const [ready, working] = partition(old, (instance) => instance.status === 'ready');
  const [retiring, staying] = partition(working, (instance) => instance.retiring === true);
  return {
    ready: chooseVictims(ready, revision),
    working: staying.slice(0, MAX_VICTIMS).map((instance) => instance.id),
    retiring: retiring.length,
  };
}

/** Includes stopped and lost agents: their completed tasks are part of what the pool did. */
function sumMinutes(instances: readonly AgentInstance[], afterMinute: number): readonly MinuteBucket[] {
  const sums = new Map<number, MinuteBucket>();
  for (const instance of instances) {
    for (const bucket of instance.minutes) {
      if (bucket.minute <= afterMinute) continue;
      const sum = sums.get(bucket.minute);
      sums.set(bucket.minute, sum ? addBuckets(sum, bucket) : bucket);
    }
  }
  return [...sums.values()].sort((a, b) => a.minute - b.minute);
}

function activity(
  instances: readonly AgentInstance[],
  minutes: readonly MinuteBucket[],
  nowMs: number,
): Activity {
  const sinceMinute = Math.floor(nowMs / 60_000) - ACTIVITY_MINUTES;
  const recent = minutes.filter(({ minute }) => minute >= sinceMinute);
  const sum = (field: 'completed' | 'durationMs' | 'queueWaitMs' | 'contextBytes') =>
    recent.reduce((total, bucket) => total + bucket[field], 0);
  const completed = sum('completed');
  const spread = durationSpread(instances, minutes);
  const startups = instances.flatMap(({ readyAtMs, launchedAtMs }) =>
    readyAtMs === undefined ? [] : [readyAtMs - launchedAtMs],
  );
  return {
    completed,
    ...(completed > 0 && {
      durationSeconds: sum('durationMs') / completed / 1000,
      queueWaitSeconds: sum('queueWaitMs') / completed / 1000,
      contextBytes: sum('contextBytes') / completed,
    }),
    ...(spread !== undefined && { durationSpread: spread }),
    ...(startups.length > 0 && {
      startupSeconds: startups.reduce((total, ms) => total + ms, 0) / startups.length / 1000,
    }),
  };
}

/**
 * Standard deviation ÷ mean of the task duration. Single durations aren't recorded, but the sum of `n` durations
 * scatters around `n` times the mean with `n` times their variance. So `Σ (sumᵢ - nᵢ·mean)² / nᵢ` over all agents'
 * buckets, divided by one less than their number, estimates it (analysis of variance between groups).
 */
function durationSpread(
  instances: readonly AgentInstance[],
  minutes: readonly MinuteBucket[],
): number | undefined {
  const completed = minutes.reduce((sum, bucket) => sum + bucket.completed, 0);
  const durationMs = minutes.reduce((sum, bucket) => sum + bucket.durationMs, 0);
  if (completed === 0 || durationMs === 0) return undefined;
  let squares = 0;
  let buckets = 0;
  for (const instance of instances) {
    for (const bucket of instance.minutes) {
      if (bucket.completed === 0) continue;
      squares += bucket.durationMs ** 2 / bucket.completed;
      buckets += 1;
    }
  }
  if (buckets < 2) return undefined;
  const variance = Math.max(0, squares - durationMs ** 2 / completed) / (buckets - 1);
  return Math.sqrt(variance) / (durationMs / completed);
}
