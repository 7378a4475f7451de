import type { DecisionRecord } from '../../shared/core/decision-record.ts';
import type { AgentInstance } from '../../shared/core/pool/agent-instance.ts';
import {
  AUTOMATIC,
  CLOCK_SKEW_MS,
  INITIAL_STATE,
  type Mode,
  type PoolState,
} from '../../shared/core/pool/state.ts';
import { LIVE_STATUSES, TRANSITIONS } from '../../shared/core/pool/status.ts';
import type { TaskRecord } from '../../shared/core/pool/task-record.ts';
import type { PoolStore } from '../../shared/ports/pool-store.ts';
import type { AttemptResult, TaskStore } from '../../shared/ports/task-store.ts';

/** The table's items, as `shared/aws/dynamo-*` writes them: every write is conditional on one item. */
export class Records {
  state: PoolState = INITIAL_STATE;
  lease = { holder: '', fence: 0, untilMs: Number.NEGATIVE_INFINITY };
  mode: Mode = AUTOMATIC;
  readonly instances = new Map<string, AgentInstance>();
  readonly tasks = new Map<string, TaskRecord>();
  readonly decisions: DecisionRecord[] = [];

  poolStore(): PoolStore {
    const { instances } = this;
    return {
      acquireLease: async (holder, nowMs, durationMs) => {
        const { lease } = this;
        const isFree = lease.untilMs === Number.NEGATIVE_INFINITY;
        if (!isFree && lease.holder !== holder && lease.untilMs >= nowMs - CLOCK_SKEW_MS) {
          return { kind: 'taken', holder: lease.holder, untilMs: lease.untilMs };
        }
        this.lease = { holder, fence: lease.fence + 1, untilMs: nowMs + durationMs };
        return {
          kind: 'held',
          lease: { ...this.lease },
          state: this.state,
          mode: this.mode,
        };
      },
      releaseLease: async ({ fence }) => {
        if (fence === this.lease.fence) this.lease.untilMs = 0;
      },
      saveState: async ({ fence }, state) => {
        if (fence !== this.lease.fence) return false;
        this.state = state;
        return true;
      },
      instances: async () => ({ instances: [...instances.values()], unreadable: [] }),
      register: async (instance) => {
        const existing = instances.get(instance.id);
        const isThisVeryWrite =
          existing?.status === 'starting' && existing.launchedAtMs === instance.launchedAtMs;
        if (existing && !isThisVeryWrite) throw new Error(`agent ${instance.id} has been registered before`);
        instances.set(instance.id, instance);
      },
      transition: async (id, event, nowMs, changes = {}, ifHeartbeatAtMs) => {
        const { from, to } = TRANSITIONS[event];
        const existing = instances.get(id);
        if (!existing || !from.includes(existing.status)) return { kind: 'refused' };
        if (ifHeartbeatAtMs !== undefined && existing.heartbeatAtMs !== ifHeartbeatAtMs)
          return { kind: 'refused' };
        const beats = event !== 'drain' && event !== 'lose' ? { heartbeatAtMs: nowMs } : {};
        const instance = withChanges(existing, { ...changes, status: to, statusSinceMs: nowMs, ...beats });
        instances.set(id, instance);
        return { kind: 'applied', instance: instance };
      },
      heartbeat: async (id, nowMs, changes = {}) => {
        const existing = instances.get(id);
        if (!existing || !(LIVE_STATUSES as readonly string[]).includes(existing.status)) return undefined;
        const instance = withChanges(existing, { ...changes, heartbeatAtMs: nowMs });
        instances.set(id, instance);
        return instance;
      },
      retire: async (id) => {
        const existing = instances.get(id);
        if (existing && ['busy', 'cooldown'].includes(existing.status)) {
          instances.set(id, withChanges(existing, { retiring: true }));
        }
      },
      forget: async (ids) => {
        for (const id of ids) instances.delete(id);
      },
      putDecision: async (record) => {
        this.decisions.push(record);
      },
      decisions: async () => this.decisions,
    };
  }

  taskStore(): TaskStore {
    const { tasks } = this;
    const change = (id: string, attempt: number, changes: object, returned = 0): AttemptResult => {
      const task = tasks.get(id);
      if (task?.status !== 'running' || task.attempts !== attempt) return { kind: 'superseded' };
      const changed = withChanges(task, { ...changes, returned: task.returned + returned });
      tasks.set(id, changed);
      return { kind: 'applied', task: changed };
    };
    return {
      create: async ({ id, contextId, sentAtMs }) => {
        if (tasks.has(id)) return false;
        tasks.set(id, {
          id,
          ...(contextId !== undefined && { contextId }),
          sentAtMs,
          attempts: 0,
          returned: 0,
          status: 'queued',
        });
        return true;
      },
      discard: async (id) => void tasks.delete(id),
      get: async (id) => tasks.get(id),
      begin: async (sent, agentId, nowMs) => {
        const task = tasks.get(sent.id);
        if (task?.status === 'done' || task?.status === 'failed') return { kind: 'ended', task: task };
        const before = task ?? { ...sent, attempts: 0, returned: 0 };
        const begun = withChanges(before as TaskRecord, {
          status: 'running',
          agentId,
          attemptStartedAtMs: nowMs,
          startedAtMs: before && 'startedAtMs' in before ? (before.startedAtMs ?? nowMs) : nowMs,
          attempts: before.attempts + 1,
        });
        tasks.set(sent.id, begun);
        return { kind: 'begun', task: begun };
      },
      progress: async (id, attempt, progress) => change(id, attempt, { progress }),
      complete: async (id, attempt, nowMs, result, traffic) =>
        change(id, attempt, { status: 'done', endedAtMs: nowMs, result, traffic, progress: null }),
      retry: async (id, attempt, reason, kind) =>
        change(
          id,
          attempt,
          { status: 'queued', lastFailure: reason, agentId: null },
          kind === 'returned' ? 1 : 0,
        ),
      fail: async (sent, nowMs, reason) => {
        const task = tasks.get(sent.id);
        if (task?.status === 'done') return;
        const before = task ?? { ...sent, attempts: 0, returned: 0 };
        tasks.set(sent.id, withChanges(before as TaskRecord, { status: 'failed', endedAtMs: nowMs, reason }));
      },
    };
  }
}

/** `null` removes a field. */
function withChanges<T extends object>(before: T, changes: object): T {
  const merged = Object.entries({ ...before, ...changes }).filter(
    ([, value]) => value !== null && value !== undefined,
  );
  return Object.fromEntries(merged) as T;
}
