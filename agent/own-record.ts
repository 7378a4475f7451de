import type { AgentInstance } from '../shared/core/pool/agent-instance.ts';
import type { StatusEvent } from '../shared/core/pool/status.ts';
import type { AgentChanges } from '../shared/ports/pool-store.ts';
import type { Agent } from './agent.ts';
import type { Cancellations } from './cancellations.ts';
import { limitWindow } from './limits/limit-window.ts';
import type { AgentCounts } from './minute-counts.ts';

/** Warm contexts listed in an agent's record. */
const WARM_CONTEXTS = 4;

/** A task that an agent has ended, and the context that it keeps warm since, if any. */
export type Used = {
  readonly warm?: { readonly contextId: string; readonly contextBytes: number } | undefined;
};

/**
 * The agent's own record. Only the agent changes which tasks it names, so each write carries all of them: a write that
 * failed is made up for by the next. Writes come one at a time, and what changes meanwhile goes into the next one,
 * however many tasks start and end.
 */
export type OwnRecord = {
  /** As it was last read or written. */
  instance(): AgentInstance;
  /** Whether the agent is at work on a task, or about to be. */
  names(taskId: string): boolean;
  /** Whether the agent may take another task, by its record. */
  takesTasks(): boolean;
  /** Where tasks and scale-in compete: the first write wins. False: the agent has been drained or lost. */
  claim(taskId: string): Promise<boolean>;
  /** Names a task no longer. */
  release(taskId: string, used: Used): Promise<void>;
  /** Moves along the status machine. False: the record had another status, or the field that it must lack. */
  become(event: StatusEvent, changes: AgentChanges, unless?: keyof AgentInstance): Promise<boolean>;
  /** Ends the cooldown once its time is over. */
  settle(): Promise<void>;
  /** Writes the heartbeat, with anything else to write. Undefined: the record is gone, stopped or lost. */
  save(changes?: AgentChanges): Promise<AgentInstance | undefined>;
};

type Work = { readonly counts: AgentCounts; readonly cancellations: Cancellations };

export function ownRecord(
  { ports: { store, clock, limits }, config, shutdown }: Agent,
  { counts, cancellations }: Work,
  registered: AgentInstance,
): OwnRecord {
  let instance = registered;
  /** When each task began, by its ID; and those that the record names already. */
  const tasks = new Map<string, number>();
  const named = new Set<string>();
  const window = limitWindow(limits, clock);
  let used: AgentChanges = {};
  let warmContexts = registered.warmContexts;
  let keepsWarm = false;
  let writing: Promise<unknown> = Promise.resolve();
  let next: Promise<AgentInstance | undefined> | undefined;
  let extra: AgentChanges = {};

  /** One write at a time, in this order: the latest answer is the latest state. */
  function inTurn<T>(make: () => Promise<T>): Promise<T> {
    const made = writing.catch(() => {}).then(make);
    writing = made;
    return made;
  }

  /** Joins the write that hasn't begun. */
  function save(changes: AgentChanges = {}): Promise<AgentInstance | undefined> {
    extra = { ...extra, ...changes };
    next ??= inTurn(() => {
      next = undefined;
      return write();
    });
    return next;
  }

  async function write(): Promise<AgentInstance | undefined> {
    const changes = takeChanges();
    try {
      return await writeChanges(changes);
    } catch (error) {
      // Which cancellations are over, the next write sees for itself.
      const { cancelledTasks: _, ...missed } = changes;
      extra = { ...missed, ...extra };
      throw error;
    }
  }

  async function writeChanges(changes: AgentChanges): Promise<AgentInstance | undefined> {
    const claimed = [...tasks.keys()].filter((id) => !named.has(id));
    const written = claimed.length > 0 ? await move('claim', changes) : undefined;
    if (written) for (const id of claimed) named.add(id);
    else for (const id of claimed) tasks.delete(id);
    return written ?? (await settled({ ...changes, tasks: Object.fromEntries(tasks) }));
  }

  function takeChanges(): AgentChanges {
    const limitUse = window.read();
    const changes = {
      ...extra,
      ...used,
      tasks: Object.fromEntries(tasks),
      minutes: counts.ring(),
      ...(limitUse && { limitUse }),
    };
    extra = {};
    used = {};
    return tasks.size === 0 && instance.cancelledTasks ? { ...changes, cancelledTasks: null } : changes;
  }

  /** The write without a claim: with its last task an agent changes its status, unless it's draining. */
  async function settled(changes: AgentChanges): Promise<AgentInstance | undefined> {
    const event = tasks.size > 0 ? undefined : eventOf(instance);
    return (event && (await move(event, changes))) ?? (await beat(changes));
  }

  function eventOf({ status, statusSinceMs }: AgentInstance): StatusEvent | undefined {
    if (status === 'busy') return keepsWarm ? 'complete' : 'release';
    const isOver = clock.now() - statusSinceMs >= config.cooldownSeconds * 1000;
    return status === 'cooldown' && isOver ? 'settle' : undefined;
  }

  async function move(
    event: StatusEvent,
    changes: AgentChanges,
    unless?: keyof AgentInstance,
  ): Promise<AgentInstance | undefined> {
    const result = await store.transition(instance.id, event, { nowMs: clock.now(), changes, unless });
    return result.kind === 'applied' ? seen(result.instance) : undefined;
  }

  async function beat(changes: AgentChanges): Promise<AgentInstance | undefined> {
    const current = await store.heartbeat(instance.id, clock.now(), changes);
    if (!current) shutdown.request('lost');
    return current && seen(current);
  }

  function seen(current: AgentInstance): AgentInstance {
    instance = current;
    for (const id of current.cancelledTasks ?? []) cancellations.cancel(id);
    // The count has been lowered for it, or ECS replaces it: nothing is left to do.
    if (current.status === 'draining' && current.drainGeneration !== undefined && tasks.size === 0)
      shutdown.request('drained');
    return current;
  }

  return {
    instance: () => instance,
    names: (taskId) => tasks.has(taskId),
    takesTasks: () => ['ready', 'cooldown', 'busy'].includes(instance.status),
    async claim(taskId) {
      tasks.set(taskId, clock.now());
      window.running(tasks.size);
      try {
        await save();
        return tasks.has(taskId);
      } catch (error) {
        tasks.delete(taskId);
        throw error;
      }
    },
    async release(taskId, { warm }) {
      tasks.delete(taskId);
      window.running(tasks.size);
      named.delete(taskId);
      keepsWarm = warm !== undefined;
      used = { ...used, lastUsedAtMs: clock.now() };
      if (warm) {
        const { contextId, contextBytes } = warm;
        const others = warmContexts.filter((id) => id !== contextId);
        warmContexts = [contextId, ...others].slice(0, WARM_CONTEXTS);
        used = { ...used, contextBytes, warmContexts };
      }
      await save();
    },
    async become(event, changes, unless) {
      return (await inTurn(() => move(event, changes, unless))) !== undefined;
    },
    async settle() {
      if (tasks.size === 0 && eventOf(instance) === 'settle') await save();
    },
    save,
  };
}
