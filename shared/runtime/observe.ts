import { SEASON_DAYS, seasonAt } from '../core/forecast/season-at.ts';
import { describeError } from '../core/foreign-text.ts';
import {
  known,
  type LimitReading,
  type Observation,
  type Reading,
  type Season,
  unknown,
} from '../core/observation.ts';
import type { AgentInstance } from '../core/pool/agent-instance.ts';
import { isUnresponsive } from '../core/pool/agent-instance.ts';
import type { PoolConfig } from '../core/pool/config.ts';
import { isLive } from '../core/pool/status.ts';
import { summarize } from '../core/summarize-agents.ts';
import type { Clock } from '../ports/clock.ts';
import type { Fleet } from '../ports/fleet.ts';
import type { LimitStore } from '../ports/limit-store.ts';
import type { Neighbours } from '../ports/neighbours.ts';
import type { PoolHistory } from '../ports/pool-history.ts';
import type { PoolStore, UnreadableRecord } from '../ports/pool-store.ts';
import type { TaskQueue } from '../ports/task-queue.ts';

/** What a tick has read of a pool: the observation to decide from, and the records that need maintenance. */
export type PoolSnapshot = {
  readonly observation: Observation;
  /** Every readable record. */
  readonly instances: readonly AgentInstance[];
  /** Live records of unresponsive agents. */
  readonly unresponsive: readonly AgentInstance[];
  /** Draining agents, whose protection must be removed. */
  readonly draining: readonly AgentInstance[];
  /** Ids of stopped or lost agents whose records have expired. */
  readonly expired: readonly string[];
  readonly unreadable: readonly UnreadableRecord[];
};

type Ports = {
  readonly queue: TaskQueue;
  readonly store: PoolStore;
  readonly history: PoolHistory;
  readonly neighbours: Neighbours;
  readonly limits: Pick<LimitStore, 'read'>;
  readonly fleet: Fleet;
  readonly clock: Clock;
};

/** Reads the queue, the service and the agents' records in parallel. A failed read becomes unknown, with its reason. */
export async function observe(ports: Ports, config: PoolConfig, generation: number): Promise<PoolSnapshot> {
  const [queue, fleet, records, season, neighbours, limits] = await Promise.all([
    read(() => ports.queue.counts(), ports.clock),
    read(() => ports.fleet.read(), ports.clock),
    read(() => ports.store.instances(), ports.clock),
    read(() => readSeason(ports), ports.clock),
    read(() => ports.neighbours.read(), ports.clock),
    read(() => readLimits(ports, config), ports.clock),
  ]);
  const atMs = ports.clock.now();
  const seen = { pool: config.name, atMs, queue, fleet, season, neighbours, limits };
  if (records.kind === 'unknown') {
    return {
      observation: { ...seen, agents: records },
      instances: [],
      unresponsive: [],
      draining: [],
      expired: [],
      unreadable: [],
    };
  }
  const { instances, unreadable } = records.value;
  const readAtMs = records.atMs;
  const live = instances.filter((instance) => isLive(instance.status));
  const agents = summarize(instances, unreadable.length, {
    nowMs: readAtMs,
    config,
    generation,
    fleet: fleet.kind === 'known' ? fleet.value : undefined,
  });
  return {
    observation: { ...seen, agents: known(agents, readAtMs) },
    instances,
    unresponsive: live.filter((instance) => isUnresponsive(instance, readAtMs, config.heartbeatSeconds)),
    draining: live.filter((instance) => instance.status === 'draining'),
    expired: instances
      .filter((instance) => !isLive(instance.status) && (instance.expiresAt ?? Infinity) * 1000 < readAtMs)
      .map((instance) => instance.id),
    unreadable,
  };
}

async function readLimits({ limits }: Ports, config: PoolConfig): Promise<readonly LimitReading[]> {
  if (config.limits.length === 0) return [];
  const states = await limits.read(config.limits.map(({ name }) => name));
  return [...states].map(([name, state]) => ({ name, ...state }));
}

async function readSeason({ history, clock }: Ports): Promise<Season> {
  const atMs = clock.now();
  const today = Math.floor(atMs / 86_400_000);
  return seasonAt(await history.days(today - SEASON_DAYS), atMs);
}

/** Dates a reading at its request, because a slow response may already be old when it arrives. */
async function read<T>(from: () => Promise<T>, clock: Clock): Promise<Reading<T>> {
  const atMs = clock.now();
  try {
    return known(await from(), atMs);
  } catch (error) {
    return unknown(describeError(error));
  }
}
