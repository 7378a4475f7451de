import { decide } from '../../shared/core/decide.ts';
import type { DecisionRecord, Outcome } from '../../shared/core/decision-record.ts';
import type { Forecast } from '../../shared/core/forecast/signals.ts';
import type { Inputs } from '../../shared/core/inputs.ts';
import {
  type Agents,
  type FleetReading,
  known,
  type Observation,
  type QueueCounts,
} from '../../shared/core/observation.ts';
import type { Situation } from '../../shared/core/policies/policy.ts';
import type { AgentInstance } from '../../shared/core/pool/agent-instance.ts';
import { type PoolConfig, type PoolInput, parsePools } from '../../shared/core/pool/config.ts';
import { AUTOMATIC, INITIAL_STATE, type Mode, type PoolState } from '../../shared/core/pool/state.ts';

/** Plausible values for tests: a test sets only what matters to it. */
export const NOW_MS = Date.UTC(2026, 0, 1);

export function pool(changes: Partial<PoolInput> = {}): PoolConfig {
  const [config] = parsePools([{ name: 'test', handler: './handler.ts', ...changes }]);
  return config as PoolConfig;
}

/** Each agent has one slot, unless the test says something else. */
function agents(changes: Partial<Agents> = {}): Agents {
  const { ready = 0, cooldown = 0, busy = 0 } = changes;
  return {
    starting: 0,
    ready: 0,
    busy: 0,
    cooldown: 0,
    draining: 0,
    replacing: 0,
    changing: 0,
    slots: { used: busy, free: ready + cooldown, unusable: 0, draining: 0 },
    unresponsive: 0,
    unreadable: 0,
    idleSeconds: 0,
    victims: [],
    unaccountedDrains: [],
    notReceiving: 0,
    working: [],
    consolidating: { agents: 0, empty: 0 },
    resumable: [],
    heldUp: 0,
    outdated: { ready: [], working: [] },
    running: { seconds: 0, byAge: [] },
    limitUse: {},
    unprotected: 0,
    minutes: [],
    activity: { completed: 0 },
    ...changes,
  };
}

type Seen = {
  readonly queue?: Partial<QueueCounts>;
  readonly fleet?: Partial<FleetReading>;
  readonly agents?: Partial<Agents>;
};

type SeenMore = {
  readonly atMs?: number;
  readonly runnable?: number;
  readonly readyInSeconds?: readonly number[];
  readonly forecast?: Partial<Forecast>;
};

/** A pool with an empty queue and `desired` agents; `seen` changes the rest. */
export function observation(desired: number, seen: Seen = {}): Observation {
  const queue = { visible: 0, inFlight: 0, delayed: 0, ...seen.queue };
  const fleet = { desired, running: desired, pending: 0, revision: 'agents:1', ...seen.fleet };
  return {
    pool: 'test',
    atMs: NOW_MS,
    queue: known(queue, NOW_MS),
    fleet: known(fleet, NOW_MS),
    agents: known(agents(seen.agents), NOW_MS),
    season: known({}, NOW_MS),
    neighbours: known([], NOW_MS),
    limits: known([], NOW_MS),
  };
}

/** Everything a decision is made from: `observation`, and what else matters to a test. */
export function inputs(
  seen: Observation,
  changes: {
    readonly state?: Partial<PoolState>;
    readonly mode?: Mode;
    readonly config?: PoolConfig;
  } = {},
): Inputs {
  return {
    observation: seen,
    state: { ...INITIAL_STATE, ...changes.state },
    mode: changes.mode ?? AUTOMATIC,
    config: changes.config ?? pool(),
  };
}

/** Smooth traffic without late tasks. */
function forecast(changes: Partial<Forecast> = {}): Forecast {
  return {
    arrivalsPerSecond: 0,
    dispersion: 1,
    naivePerSecond: 0,
    persistence: 1,
    durationSeconds: 60,
    durationSpread: 1,
    trends: {},
    startupSeconds: 45,
    limits: [],
    choice: { candidate: 1, towardsPrevious: 0 },
    staffingMargin: 0,
    heldSlots: 0,
    ...changes,
  };
}

export function situation(desired: number, seen: Seen & SeenMore = {}): Situation {
  const { queue, agents } = observation(desired, seen);
  if (queue.kind === 'unknown' || agents.kind === 'unknown') throw new Error('unknown');
  return {
    atMs: seen.atMs ?? NOW_MS,
    queue: queue.value,
    runnable: seen.runnable ?? queue.value.visible,
    agents: agents.value,
    readyInSeconds: seen.readyInSeconds ?? [],
    desiredSlots: desired,
    forecast: forecast(seen.forecast),
  };
}

export function ids(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `agent-${index}`);
}

export function instance(changes: Partial<AgentInstance> = {}): AgentInstance {
  return {
    pool: 'test',
    id: 'agent-0',
    revision: 'agents:1',
    status: 'ready',
    statusSinceMs: NOW_MS,
    launchedAtMs: NOW_MS,
    heartbeatAtMs: NOW_MS,
    slots: 1,
    tasks: {},
    contextBytes: 0,
    warmContexts: [],
    minutes: [],
    ...changes,
  };
}

/** What a tick records of these inputs. */
export function decisionRecord(given: Inputs, outcome: Outcome = { kind: 'nothing-to-do' }): DecisionRecord {
  const { memory: _, ...decided } = decide(given);
  return { ...given, ...decided, outcome };
}
