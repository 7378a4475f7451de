import { dueMinutes, withoutSaved } from '../core/arrival-history.ts';
import { decide } from '../core/decide.ts';
import type { DecisionRecord } from '../core/decision-record.ts';
import type { Inputs } from '../core/inputs.ts';
import { type Observation, STALE_AFTER_MS } from '../core/observation.ts';
import { type AgentInstance, GONE_RECORD_SECONDS } from '../core/pool/agent-instance.ts';
import { minimalPool, type PoolConfig } from '../core/pool/config.ts';
import { effectiveConfig } from '../core/pool/settings.ts';
import type { Lease, Memory } from '../core/pool/state.ts';
import { isLive } from '../core/pool/status.ts';
import { chooseStuckTasks, mayHaveStuckTasks, REAPED_BY_SCALER, type ReapedTask } from '../core/reap.ts';
import type { Clock } from '../ports/clock.ts';
import type { DecisionLog } from '../ports/decision-log.ts';
import type { Fleet } from '../ports/fleet.ts';
import type { LimitStore } from '../ports/limit-store.ts';
import type { Neighbours } from '../ports/neighbours.ts';
import type { PoolHistory } from '../ports/pool-history.ts';
import type { PoolStore } from '../ports/pool-store.ts';
import type { Telemetry } from '../ports/scaler-telemetry.ts';
import type { TaskQueue } from '../ports/task-queue.ts';
import { act } from './act.ts';
import { observe, type PoolSnapshot } from './observe.ts';

export type TickPorts = {
  readonly queue: TaskQueue;
  readonly store: PoolStore;
  readonly decisions: Pick<DecisionLog, 'put'>;
  readonly history: PoolHistory;
  readonly neighbours: Neighbours;
  readonly limits: Pick<LimitStore, 'read'>;
  readonly fleet: Fleet;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
};

export type TickResult =
  | { readonly kind: 'ticked'; readonly record: DecisionRecord; readonly lease: Lease }
  /** Another scaler holds the pool's lease; nothing was done. */
  | { readonly kind: 'not-ours'; readonly holder: string };

/** One tick closes, gives slots and deletes at most this many records each, so that its calls stay bounded. */
export const RECORDS_AT_MOST = 25;

/** One pass of the scaler over one pool: observe, decide, act, record. */
export async function tick(ports: TickPorts, deployed: PoolConfig, holder: string): Promise<TickResult> {
  const result = await ports.store.acquireLease(holder, ports.clock.now(), leaseMs(deployed));
  if (result.kind === 'taken') {
    ports.telemetry.leaseTaken(deployed.name, result.holder);
    return { kind: 'not-ours', holder: result.holder };
  }
  const { lease, state, mode } = result;
  const effective = effectiveConfig(deployed, result.settings);
  if (effective.kind === 'impossible') ports.telemetry.settingsLeftOut(deployed.name, effective.reason);
  const { config } = effective;
  const snapshot = await observe(ports, config, state.generation);
  const { observation } = snapshot;
  const inputs: Inputs = { observation, state, mode, config };
  const { memory: latest, ...decided } = decide(inputs);
  const memory = await saveHistory(ports, latest, observation);
  const draining = mode.kind === 'paused' ? [] : snapshot.draining;
  const { decision, surplus } = decided;
  const action = { decision, surplus, memory, state, lease, draining, nowMs: observation.atMs };
  const outcome = await act(ports, action);
  const set = effective.kind === 'set' && { settings: effective.settings, deployed: minimalPool(deployed) };
  const reaped = mode.kind === 'paused' ? [] : await reapStuckTasks(ports, config, snapshot);
  const record: DecisionRecord = {
    ...inputs,
    ...decided,
    outcome,
    ...set,
    ...(reaped.length > 0 && { reaped }),
  };
  await ports.decisions.put(record);
  await maintainRecords(ports.store, snapshot, { nowMs: observation.atMs, config });
  ports.telemetry.tick(record, snapshot.unreadable);
  return { kind: 'ticked', record, lease };
}

/** Outlasts the pause until the next tick, so that a holder keeps its pool between two ticks. */
function leaseMs(config: PoolConfig): number {
  return 2 * config.tickSeconds * 1000 + 5_000;
}

/** Writes the due minutes of the pool's history. If that fails, they stay in the memory until the next tick. */
async function saveHistory(
  { history, telemetry }: TickPorts,
  memory: Memory,
  observation: Observation,
): Promise<Memory> {
  const due = dueMinutes(memory, observation);
  if (due.length === 0) return memory;
  try {
    await history.add(due);
    return withoutSaved(memory, due);
  } catch (error) {
    telemetry.historyNotSaved(observation.pool, error);
    return memory;
  }
}

/** Stops ECS tasks that no live agent runs in. Returns the tasks stopped. */
async function reapStuckTasks(
  { store, fleet, telemetry, clock }: TickPorts,
  config: PoolConfig,
  { observation, instances }: PoolSnapshot,
): Promise<readonly ReapedTask[]> {
  if (observation.fleet.kind === 'unknown' || observation.agents.kind === 'unknown') return [];
  try {
    const live = instances.filter(({ status }) => isLive(status)).map(({ id }) => id);
    const agentless = mayHaveStuckTasks(observation.fleet.value.running, instances)
      ? await fleet.tasks(new Set(live))
      : [];
    // The readings may be outdated by now. The next tick reads them again.
    if (clock.now() - observation.agents.atMs > STALE_AFTER_MS) return [];
    const chosen = chooseStuckTasks({ agentless, instances }, observation.atMs, config);
    const reaped = await Promise.all(
      chosen.map(async (each) => {
        const agent = instances.find(({ id }) => id === each.id);
        if (agent && !(await close(store, agent, observation.atMs))) return [];
        await fleet.stop(each.id, `${REAPED_BY_SCALER}${each.reason}`);
        return [each];
      }),
    );
    return reaped.flat();
  } catch (error) {
    telemetry.reapFailed(observation.pool, error);
    return [];
  }
}

/**
 * Closes an agent's record, so that it can't claim tasks. False: the agent has written since, and may be working again.
 */
async function close(
  store: PoolStore,
  { id, status, heartbeatAtMs }: AgentInstance,
  nowMs: number,
): Promise<boolean> {
  if (!isLive(status)) return true;
  const expiresAt = Math.ceil(nowMs / 1000) + GONE_RECORD_SECONDS;
  return (
    (await store.transition(id, 'lose', { nowMs, changes: { expiresAt }, ifHeartbeatAtMs: heartbeatAtMs }))
      .kind === 'applied'
  );
}

/** Closes the records of unresponsive agents, deletes expired ones, and gives agents the slots that the pool has now. */
async function maintainRecords(
  store: PoolStore,
  { unresponsive, expired, instances, observation: { fleet } }: PoolSnapshot,
  { nowMs, config: { concurrency } }: { readonly nowMs: number; readonly config: PoolConfig },
): Promise<void> {
  await Promise.all(unresponsive.slice(0, RECORDS_AT_MOST).map((agent) => close(store, agent, nowMs)));
  // They have time until there's nothing to close. An agent of an older revision is about to be replaced.
  const revision = fleet.kind === 'known' ? fleet.value.revision : undefined;
  const changed = instances.filter(
    (agent) => isLive(agent.status) && agent.slots !== concurrency && agent.revision === revision,
  );
  const takingFirst = changed.toSorted(
    (a, b) => Number(a.status === 'draining') - Number(b.status === 'draining'),
  );
  if (unresponsive.length === 0)
    await Promise.all(takingFirst.slice(0, RECORDS_AT_MOST).map(({ id }) => store.setSlots(id, concurrency)));
  if (expired.length > 0) await store.forget(expired.slice(0, RECORDS_AT_MOST));
}
