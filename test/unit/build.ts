import { type PoolConfig, type PoolInput, parsePools } from '../../shared/pool/config.ts';
import type { Instance } from '../../shared/pool/instance.ts';
import {
  type Agents,
  type FleetReading,
  known,
  type Observation,
  type QueueCounts,
} from '../../shared/scaling/observation.ts';
import type { Situation } from '../../shared/scaling/policies/policy.ts';

/** Values for tests: something plausible, of which a test says only what matters to it. */
export const NOW_MS = Date.UTC(2026, 0, 1);

export function pool(changes: Partial<PoolInput> = {}): PoolConfig {
  const [config] = parsePools([{ name: 'test', handler: './handler.ts', ...changes }]);
  return config as PoolConfig;
}

function agents(changes: Partial<Agents> = {}): Agents {
  return {
    starting: 0,
    ready: 0,
    busy: 0,
    cooldown: 0,
    draining: 0,
    silent: 0,
    unreadable: 0,
    idleSeconds: 0,
    victims: [],
    unaccountedDrains: [],
    activity: { completed: 0 },
    ...changes,
  };
}

type Seen = {
  readonly queue?: Partial<QueueCounts>;
  readonly fleet?: Partial<FleetReading>;
  readonly agents?: Partial<Agents>;
};

/** A pool at rest with `desired` agents, of which `agents` says the rest. */
export function observation(desired: number, seen: Seen = {}): Observation {
  const queue = { visible: 0, inFlight: 0, delayed: 0, ...seen.queue };
  const fleet = { desired, running: desired, pending: 0, revision: 'agents:1', ...seen.fleet };
  return {
    pool: 'test',
    atMs: NOW_MS,
    queue: known(queue, NOW_MS),
    fleet: known(fleet, NOW_MS),
    agents: known(agents(seen.agents), NOW_MS),
  };
}

export function situation(desired: number, seen: Seen = {}): Situation {
  const { queue, fleet, agents } = observation(desired, seen);
  if (queue.kind === 'unknown' || fleet.kind === 'unknown' || agents.kind === 'unknown')
    throw new Error('unknown');
  return { queue: queue.value, fleet: fleet.value, agents: agents.value, desired };
}

export function ids(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `agent-${index}`);
}

export function instance(changes: Partial<Instance> = {}): Instance {
  return {
    pool: 'test',
    id: 'agent-0',
    revision: 'agents:1',
    status: 'ready',
    statusSinceMs: NOW_MS,
    launchedAtMs: NOW_MS,
    heartbeatAtMs: NOW_MS,
    contextBytes: 0,
    warmContexts: [],
    minutes: [],
    ...changes,
  };
}
