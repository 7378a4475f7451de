import type { Decision } from '../core/decision.ts';
import type { Outcome } from '../core/decision-record.ts';
import { describeError } from '../core/foreign-text.ts';
import { type AgentInstance, NEVER_LOWERED, tasksOf } from '../core/pool/agent-instance.ts';
import { inForceOf, type Lease, type Memory, type PoolState } from '../core/pool/state.ts';
import type { Surplus } from '../core/surplus.ts';
import type { Clock } from '../ports/clock.ts';
import type { Fleet } from '../ports/fleet.ts';
import type { PoolStore } from '../ports/pool-store.ts';

type Ports = { readonly store: PoolStore; readonly fleet: Fleet; readonly clock: Pick<Clock, 'now'> };

type Action = {
  readonly decision: Decision;
  readonly surplus?: Surplus | undefined;
  readonly memory: Memory;
  readonly state: PoolState;
  readonly lease: Lease;
  readonly draining: readonly AgentInstance[];
  readonly nowMs: number;
};

/**
 * Carries out a decision, in an order that lets the next tick finish any step that fails:
 *
 * 1. Drain the victims, each by a conditional write that fails if the agent has claimed a task meanwhile. Also drain
 *    the agents that a newer version replaces, and those at work beyond what the pool wants; or take such drains back.
 * 2. Remove the protection of all agents that drain without a task.
 * 3. Write the new desired count to the pool's state under the lease's fence. The decision is now in force.
 * 4. Write it to ECS. ECS knows no fence, so write only while the lease lasts by this clock: a scaler that was paused
 *    meanwhile must not overwrite another's decision. If the write fails, the next tick detects and repairs it.
 */
export async function act(ports: Ports, action: Action): Promise<Outcome> {
  const { decision } = action;
  let step = 'drain';
  try {
    const drained = await drain(ports, action);
    step = 'replace agents';
    const replaced = await drainSurplus(ports, action);
    step = 'remove protection';
    await unprotect(ports, action.draining, [...drained, ...replaced]);
    step = 'save state';
    const state = nextState(action, drained.length);
    if (!(await ports.store.saveState(action.lease, state))) return { kind: 'overtaken' };
    if (decision.kind === 'hold' || state.desired === undefined) return { kind: 'nothing-to-do' };
    if (decision.kind !== 'repair' && state.desired === decision.from) return { kind: 'nothing-to-do' };
    if (ports.clock.now() >= action.lease.untilMs) return { kind: 'overtaken' };
    step = 'set desired count';
    await ports.fleet.setDesiredCount(state.desired);
    return { kind: 'done', desired: state.desired, drained: drained.map((instance) => instance.id) };
  } catch (error) {
    return {
      kind: 'failed',
      step,
      reason: describeError(error),
    };
  }
}

/** Drains the victims. Returns those that are draining now. */
async function drain(
  { store }: Ports,
  { decision, state, nowMs, draining }: Action,
): Promise<AgentInstance[]> {
  if (decision.kind !== 'scale-in') return [];
  const drained = await Promise.all(
    decision.victims.map(async (id) => {
      const already = draining.find((instance) => instance.id === id);
      if (already?.drainGeneration !== undefined) return already;
      const result = await store.transition(id, 'drain', {
        nowMs,
        changes: { drainGeneration: state.generation + 1 },
      });
      return result.kind === 'applied' ? result.instance : undefined;
    }),
  );
  return drained.filter((instance) => instance !== undefined);
}

/**
 * Drains surplus agents, and takes drains back. The desired count stays: ECS has already started others in their place,
 * or it's lowered once they're without tasks.
 */
async function drainSurplus({ store }: Ports, { surplus, state, nowMs }: Action): Promise<AgentInstance[]> {
  if (surplus === undefined) return [];
  const replaced = { drainGeneration: state.generation };
  const results = await Promise.all(
    surplus.drain.map((id) => store.transition(id, 'drain', { nowMs, changes: replaced })),
  );
  await Promise.all([
    ...surplus.replace.map((id) =>
      store.transition(id, 'retire', { nowMs, changes: { drainGeneration: NEVER_LOWERED } }),
    ),
    ...surplus.retire.map((id) => store.transition(id, 'retire', { nowMs })),
    ...surplus.resume.map((id) => store.transition(id, 'resume', { nowMs, unless: 'drainGeneration' })),
  ]);
  return results.flatMap((result) => (result.kind === 'applied' ? [result.instance] : []));
}

/**
 * Runs on every tick while an agent drains, so a failed call, or an agent that renewed its protection, does no harm.
 */
async function unprotect(
  { fleet }: Ports,
  draining: readonly AgentInstance[],
  drained: readonly AgentInstance[],
): Promise<void> {
  const leaving = [...draining, ...drained].filter(
    (agent) => agent.drainGeneration !== undefined && tasksOf(agent) === 0,
  );
  const ids = new Set(leaving.map(({ id }) => id));
  if (ids.size > 0) await fleet.unprotect([...ids]);
}

function nextState({ decision, state: before, memory, nowMs }: Action, drained: number): PoolState {
  const state: PoolState = { ...inForceOf(before), ...memory };
  const changed = (from: number, to: number): PoolState => ({
    ...state,
    desired: to,
    generation: state.generation + 1,
    changedAtMs: nowMs,
    changes: [...state.changes, { atMs: nowMs, by: to - from }],
  });
  switch (decision.kind) {
    case 'hold':
      return decision.at === undefined ? state : { ...state, desired: decision.at };
    case 'repair':
      return { ...state, desired: decision.to };
    case 'scale-out':
      return changed(decision.from, decision.to);
    case 'scale-in': {
      // Fewer may have drained than were chosen. Never lower the count by more than that.
      const to = Math.max(decision.to, decision.from - decision.givenUp - drained);
      return to === decision.from && drained === 0 ? { ...state, desired: to } : changed(decision.from, to);
    }
    default:
      return decision satisfies never;
  }
}
