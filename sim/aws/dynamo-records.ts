import { packMinutes, unpackMinutes } from '../../shared/aws/minutes-codec.ts';
import type { DecisionRecord } from '../../shared/core/decision-record.ts';
import { decodeState } from '../../shared/core/forecast/codec.ts';
import type { AgentInstance } from '../../shared/core/pool/agent-instance.ts';
import type { PoolConfig } from '../../shared/core/pool/config.ts';
import type { HistoryDay } from '../../shared/core/pool/history.ts';
import { neighbour, neighboursOf } from '../../shared/core/pool/neighbours.ts';
import { type Override, type Overrides, overridesAfter } from '../../shared/core/pool/overrides.ts';
import {
  AUTOMATIC,
  CLOCK_SKEW_MS,
  INITIAL_STATE,
  type Lease,
  type PoolState,
} from '../../shared/core/pool/state.ts';
import { BY_OTHERS, isLive, TRANSITIONS } from '../../shared/core/pool/status.ts';
import type { DecisionLog } from '../../shared/ports/decision-log.ts';
import type { LimitStore } from '../../shared/ports/limit-store.ts';
import type { Neighbours } from '../../shared/ports/neighbours.ts';
import type { OverrideStore } from '../../shared/ports/override-store.ts';
import type { HistoryReader, PoolHistory } from '../../shared/ports/pool-history.ts';
import type { PoolStore } from '../../shared/ports/pool-store.ts';
import type { TaskStore } from '../../shared/ports/task-store.ts';
import { stored, withChanges } from './items.ts';
import { LimitRecords } from './limit-records.ts';
import { WRITE_BATCH } from './limits.ts';
import { type TaskItem, taskRecords } from './task-records.ts';

const DAY_MINUTES = 1440;
/** A lease that nobody has taken yet. */
const NEVER: Lease = { holder: '', fence: 0, untilMs: Number.NEGATIVE_INFINITY };

/**
 * The items of one pool as DynamoDB holds them: every write is conditional on one item, stores a copy, and is refused
 * where DynamoDB would refuse it.
 */
export class DynamoRecords {
  state: PoolState = INITIAL_STATE;
  lease: Lease = NEVER;
  overrides: Overrides = { mode: AUTOMATIC };
  readonly log: Override[] = [];
  readonly instances = new Map<string, AgentInstance>();
  /** When each agent claimed each of its tasks: its record forgets that when it's closed. */
  readonly claimedAtMs = new Map<string, number>();
  readonly tasks = new Map<string, TaskItem>();
  readonly limits: LimitRecords;
  readonly decisions: DecisionRecord[] = [];
  readonly history = new Map<number, { arrivals: number; completed: number; durationMs: number }>();

  /** `limits` for pools of one table, which share them. */
  constructor(limits: LimitRecords = new LimitRecords()) {
    this.limits = limits;
  }

  /** The pools that share a ceiling or a limit with a pool, by their states. One that was never ticked has no agents yet. */
  static neighbours(
    own: PoolConfig,
    pools: readonly PoolConfig[],
    records: ReadonlyMap<string, DynamoRecords>,
  ): Neighbours {
    return {
      read: async () =>
        neighboursOf(own, pools).flatMap((pool) => {
          const state = records.get(pool.name)?.state;
          return state === undefined ? [] : [neighbour(own, pool, state)];
        }),
    };
  }

  poolStore(): PoolStore {
    const { instances } = this;
    const write = (instance: AgentInstance): AgentInstance => {
      const minutes = packMinutes(instance.minutes);
      const item = stored({ ...instance, minutes });
      const read = { ...item, minutes: unpackMinutes(item.minutes) };
      instances.set(instance.id, read);
      return read;
    };
    return {
      acquireLease: async (holder, nowMs, durationMs) => {
        const { lease } = this;
        const isFree = lease === NEVER || lease.holder === holder || lease.untilMs < nowMs - CLOCK_SKEW_MS;
        if (!isFree) return { kind: 'taken', holder: lease.holder, untilMs: lease.untilMs };
        this.lease = { holder, fence: lease.fence + 1, untilMs: nowMs + durationMs };
        return { kind: 'held', lease: this.lease, state: this.state, ...this.overrides };
      },
      releaseLease: async ({ fence }) => {
        if (fence === this.lease.fence) this.lease = { ...this.lease, untilMs: 0 };
      },
      saveState: async ({ fence }, state) => {
        if (fence !== this.lease.fence) return false;
        const { forecast, ...rest } = stored(state);
        const decoded = decodeState(forecast);
        this.state = { ...rest, ...(decoded && { forecast: decoded }) };
        return true;
      },
      instances: async () => ({ instances: [...instances.values()], unreadable: [] }),
      instance: async (id) => instances.get(id),
      register: async (instance) => {
        const existing = instances.get(instance.id);
        const isThisVeryWrite =
          existing?.status === 'starting' && existing.launchedAtMs === instance.launchedAtMs;
        if (existing && !isThisVeryWrite)
          throw new Error(`agent ${instance.id} has been registered before, and an agent never comes back`);
        write(instance);
      },
      transition: async (id, event, { nowMs, changes = {}, ifHeartbeatAtMs, unless }) => {
        const { from, to } = TRANSITIONS[event];
        const existing = instances.get(id);
        if (!existing || !from.includes(existing.status)) return { kind: 'refused' };
        if (ifHeartbeatAtMs !== undefined && existing.heartbeatAtMs !== ifHeartbeatAtMs)
          return { kind: 'refused' };
        if (unless !== undefined && existing[unless] !== undefined) return { kind: 'refused' };
        for (const [taskId, claimedAtMs] of Object.entries(changes.tasks ?? {}))
          this.claimedAtMs.set(`${id} ${taskId}`, claimedAtMs);
        const beats = BY_OTHERS.includes(event) ? {} : { heartbeatAtMs: nowMs };
        const next = withChanges(existing, { ...changes, status: to, statusSinceMs: nowMs, ...beats });
        return { kind: 'applied', instance: write(next) };
      },
      heartbeat: async (id, nowMs, changes = {}) => {
        const existing = instances.get(id);
        if (!existing || !isLive(existing.status)) return undefined;
        return write(withChanges(existing, { ...changes, heartbeatAtMs: nowMs }));
      },
      setSlots: async (id, slots) => {
        const existing = instances.get(id);
        if (existing && isLive(existing.status)) write(withChanges(existing, { slots }));
      },
      cancel: async (id, taskId) => {
        const existing = instances.get(id);
        if (!existing || !Object.hasOwn(existing.tasks, taskId)) return;
        const cancelledTasks = [...new Set([...(existing.cancelledTasks ?? []), taskId])];
        write(withChanges(existing, { cancelledTasks }));
      },
      forget: async (ids) => {
        if (ids.length > WRITE_BATCH) throw new RangeError(`${ids.length} items in one BatchWriteItem`);
        for (const id of ids) instances.delete(id);
      },
    };
  }

  decisionLog(): DecisionLog {
    const { decisions } = this;
    return {
      async put(record) {
        const { atMs } = record.observation;
        const later = decisions.findIndex(({ observation }) => observation.atMs > atMs);
        decisions.splice(later < 0 ? decisions.length : later, 0, stored(record));
      },
      async *read({ afterMs = 0, untilMs = Number.POSITIVE_INFINITY } = {}) {
        for (const record of decisions.toReversed()) {
          const { atMs } = record.observation;
          if (atMs > afterMs && atMs <= untilMs) yield { kind: 'decision', atMs, record };
        }
      },
    };
  }

  overrideStore(): OverrideStore {
    return {
      read: async () => this.overrides,
      put: async (override, before) => {
        this.log.unshift(stored(override));
        const isUnchanged = this.overrides.settings?.atMs === before.settings?.atMs;
        if (override.kind === 'settings' && !isUnchanged) return false;
        const { mode, settings } = overridesAfter(override, before);
        this.overrides =
          override.kind === 'mode'
            ? { ...this.overrides, mode }
            : { mode: this.overrides.mode, ...(settings && { settings }) };
        return true;
      },
      latest: async (count) => this.log.slice(0, count),
    };
  }

  poolHistory(): PoolHistory & HistoryReader {
    const { history } = this;
    return {
      add: async (minutes) => {
        for (const { minute, ...counts } of minutes) history.set(minute, counts);
      },
      days: async (sinceDay) => {
        const days = new Map<number, (number | undefined)[]>();
        for (const [minute, { arrivals }] of history) {
          const day = Math.floor(minute / DAY_MINUTES);
          if (day < sinceDay) continue;
          const counts = days.get(day) ?? new Array<number | undefined>(DAY_MINUTES).fill(undefined);
          counts[minute % DAY_MINUTES] = arrivals;
          days.set(day, counts);
        }
        return [...days]
          .map(([day, arrivals]): HistoryDay => ({ day, arrivals }))
          .toSorted((a, b) => a.day - b.day);
      },
      minutes: async function* (this: void, sinceMinute) {
        yield* [...history]
          .filter(([minute]) => minute >= sinceMinute)
          .map(([minute, counts]) => ({ minute, ...counts }))
          .toSorted((a, b) => a.minute - b.minute);
      },
    };
  }

  limitStore(): LimitStore {
    const { limits } = this;
    return { reserve: limits.reserve, close: limits.close, read: limits.read };
  }

  taskStore(): TaskStore {
    return taskRecords(this.tasks);
  }
}
