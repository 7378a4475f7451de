import type { LimitWindow } from '../../agent/limits/limit-window.ts';
import type { DecisionRecord } from '../../shared/core/decision-record.ts';
import { isIdlePool } from '../../shared/core/idle-pool.ts';
import { type AgentInstance, GONE_RECORD_SECONDS } from '../../shared/core/pool/agent-instance.ts';
import type { HistoryDay, HistoryMinute } from '../../shared/core/pool/history.ts';
import { AUTOMATIC, INITIAL_STATE, type PoolState } from '../../shared/core/pool/state.ts';
import { nextStatus } from '../../shared/core/pool/status.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { Fleet } from '../../shared/ports/fleet.ts';
import type { LimitState } from '../../shared/ports/limit-store.ts';
import type { PoolHistory } from '../../shared/ports/pool-history.ts';
import type { PoolStore } from '../../shared/ports/pool-store.ts';
import { type TickPorts, tick } from '../../shared/runtime/tick.ts';
import { toMs } from './model.ts';
import type { Scaler } from './scaler.ts';
import type { SimAgent, World } from './world.ts';

const DAY_MINUTES = 1440;

/**
 * The scaler of production over a simulated pool: the very tick, through ports in virtual time.
 * `onDecision` is called with every decision.
 */
export function productionScaler(
  world: World,
  onDecision: (record: DecisionRecord) => void = () => {},
): Scaler {
  const { config } = world.model;
  const ports = simulatedPorts(world, onDecision);
  return {
    async tick() {
      const ticked = await tick(ports, config, 'simulated');
      // As on the schedule, an idle pool is next ticked in the next minute.
      if (ticked.kind === 'ticked' && isIdlePool(ticked.record)) return 60 - (world.now % 60);
      return config.tickSeconds;
    },
  };
}

function simulatedPorts(world: World, onDecision: (record: DecisionRecord) => void): TickPorts {
  const queue = {
    counts: async () => ({ visible: world.visible, inFlight: world.inFlight, delayed: 0 }),
  };
  return {
    // The scaler only counts messages; the world delivers them.
    queue: queue as TickPorts['queue'],
    store: simulatedStore(world),
    decisions: { put: async (decision) => onDecision(decision) },
    history: simulatedHistory(),
    neighbours: { read: async () => [] },
    limits: { read: async (names) => limitStates(world, names) },
    fleet: simulatedFleet(world),
    clock: {
      now: () => toMs(world.model, world.now),
      elapsed: () => toMs(world.model, world.now),
      sleep: async () => {},
    } satisfies Clock,
    telemetry: {
      tick: () => {},
      tickFailed: (_pool, error) => {
        throw error;
      },
      leaseTaken: () => {},
      settingsLeftOut: () => {},
      historyNotSaved: (_pool, error) => {
        throw error;
      },
      reapFailed: (_pool, error) => {
        throw error;
      },
    },
  };
}

function limitStates({ provider, model }: World, names: readonly string[]): ReadonlyMap<string, LimitState> {
  const freeAtMs = toMs(model, provider?.freeAtSeconds ?? 0);
  return new Map(provider ? names.map((name) => [name, { freeAtMs }]) : []);
}

type Simulated = Pick<PoolStore, 'acquireLease' | 'saveState' | 'instances' | 'transition' | 'forget'>;

function simulatedStore(world: World): PoolStore {
  let state: PoolState = { ...INITIAL_STATE, desired: world.supply };
  let fence = 0;
  const store: Simulated = {
    async acquireLease(holder, nowMs, durationMs) {
      fence += 1;
      return {
        kind: 'held',
        lease: { holder, fence, untilMs: nowMs + durationMs },
        state,
        mode: AUTOMATIC,
      };
    },
    async saveState(_lease, next) {
      state = next;
      return true;
    },
    async instances() {
      const live = [...world.busy, ...world.ready, ...world.draining];
      return { instances: [...live, ...world.gone].map((agent) => record(world, agent)), unreadable: [] };
    },
    async transition(id, event, { changes }) {
      const all = [...world.ready, ...world.busy, ...world.draining];
      const agent = all.find((each) => each.id === id);
      if (agent === undefined || nextStatus(agent.status, event) === undefined) return { kind: 'refused' };
      agent.drainGeneration = changes?.drainGeneration ?? undefined;
      if (event === 'drain') world.drain(agent);
      if (event === 'retire') world.retire(agent);
      if (event === 'resume') world.resume(agent);
      return { kind: 'applied', instance: record(world, agent) };
    },
    async forget(ids) {
      const forgotten = new Set(ids);
      world.gone.splice(0, world.gone.length, ...world.gone.filter(({ id }) => !forgotten.has(id)));
    },
  };
  return store as PoolStore;
}

function simulatedFleet(world: World): Fleet {
  let desired = world.supply;
  return {
    async read() {
      const running = world.busy.size + world.ready.size + world.draining.length;
      return { desired, running, pending: world.starting.length, revision: 'agents:1' };
    },
    async setDesiredCount(count) {
      if (count === desired) return;
      world.account.actions += 1;
      if (count > desired) world.launch(count - desired);
      else world.stopDrained();
      desired = count;
    },
    async unprotect() {
      return [];
    },
    async tasks() {
      return [];
    },
    // Nothing is ever stuck here. A task of a trace may be longer than the timeout, and runs to its end all the same.
    async stop() {},
  };
}

function simulatedHistory(): PoolHistory {
  const days = new Map<number, HistoryDay & { readonly arrivals: (number | undefined)[] }>();
  return {
    async add(minutes: readonly HistoryMinute[]) {
      for (const { minute, arrivals } of minutes) {
        const day = Math.floor(minute / DAY_MINUTES);
        const entry = days.get(day) ?? {
          day,
          arrivals: new Array<number | undefined>(DAY_MINUTES).fill(undefined),
        };
        entry.arrivals[minute % DAY_MINUTES] = arrivals;
        days.set(day, entry);
      }
    },
    async days(sinceDay) {
      return [...days.values()].filter(({ day }) => day >= sinceDay);
    },
  };
}

function record(world: World, agent: SimAgent): AgentInstance {
  const { id, status, askedAt, statusSince, lastUsedAt, tasks, minutes, drainGeneration } = agent;
  const limitUse = agent.use && limitUseOf(world, agent.use);
  const isGone = status === 'stopped';
  const at = (seconds: number) => toMs(world.model, seconds);
  return {
    pool: world.model.config.name,
    id,
    revision: 'agents:1',
    status,
    statusSinceMs: at(statusSince),
    launchedAtMs: at(askedAt),
    readyAtMs: at(askedAt + world.model.startupSeconds),
    heartbeatAtMs: at(isGone ? statusSince : world.now),
    slots: world.concurrency,
    tasks: Object.fromEntries([...tasks].map(([task, since]) => [`task-${task}`, at(since)])),
    contextBytes: 0,
    warmContexts: [],
    minutes,
    ...(limitUse && { limitUse }),
    ...(lastUsedAt !== undefined && { lastUsedAtMs: at(lastUsedAt) }),
    ...(drainGeneration !== undefined && { drainGeneration }),
    ...(isGone && { expiresAt: Math.ceil(at(statusSince) / 1000) + GONE_RECORD_SECONDS }),
  };
}

/** By the names of the pool's limits. */
function limitUseOf({ model: { config } }: World, use: LimitWindow): AgentInstance['limitUse'] {
  const read = use.read();
  const limit = read?.limits['limit'];
  const [known] = config.limits;
  return read && limit && known && { ...read, limits: { [known.name]: limit } };
}
