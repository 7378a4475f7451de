import type { AgentInstance } from '../core/pool/agent-instance.ts';
import type { Settings } from '../core/pool/settings.ts';
import type { Lease, Mode, PoolState } from '../core/pool/state.ts';
import type { StatusEvent } from '../core/pool/status.ts';

/** Fields that a transition may set along with the status; `null` removes a field. */
export type AgentChanges = {
  readonly [Field in keyof Omit<
    AgentInstance,
    'pool' | 'id' | 'status' | 'statusSinceMs' | 'heartbeatAtMs'
  >]?: AgentInstance[Field] | null;
};

export type TransitionStep = {
  readonly nowMs: number;
  readonly changes?: AgentChanges | undefined;
  /** Applies only if the agent hasn't written since. */
  readonly ifHeartbeatAtMs?: number | undefined;
  /** Applies only if the record lacks this field. */
  readonly unless?: keyof AgentInstance | undefined;
};

export type TransitionResult =
  | { readonly kind: 'applied'; readonly instance: AgentInstance }
  /** The record had another status, or the condition didn't hold; nothing was written. */
  | { readonly kind: 'refused' };

/** A stored record that couldn't be read. The reason names the invalid field. */
export type UnreadableRecord = { readonly key: string; readonly reason: string };

export type LeaseResult =
  | {
      readonly kind: 'held';
      readonly lease: Lease;
      readonly state: PoolState;
      readonly mode: Mode;
      readonly settings?: Settings;
    }
  | { readonly kind: 'taken'; readonly holder: string; readonly untilMs: number };

/** The records of one pool: its state and its agents. */
export type PoolStore = {
  /** Takes the lease if it's free, expired (with a margin for clock skew) or already this holder's. */
  acquireLease(holder: string, nowMs: number, durationMs: number): Promise<LeaseResult>;
  releaseLease(lease: Lease): Promise<void>;
  /** Writes the state if the fence still matches. False: another scaler has taken over, and nothing was written. */
  saveState(lease: Lease, state: PoolState): Promise<boolean>;

  /** Every agent's record, strongly consistent. */
  instances(): Promise<{
    readonly instances: readonly AgentInstance[];
    readonly unreadable: readonly UnreadableRecord[];
  }>;
  /** One agent's record, strongly consistent. */
  instance(id: string): Promise<AgentInstance | undefined>;
  /** Writes the record of a starting agent. @throws Error when the id is already registered. */
  register(instance: AgentInstance): Promise<void>;
  /** Moves an agent along the status machine by one conditional write. */
  transition(id: string, event: StatusEvent, step: TransitionStep): Promise<TransitionResult>;
  /** Records that the agent is alive. Undefined: its record is gone, stopped or lost. */
  heartbeat(id: string, nowMs: number, changes?: AgentChanges): Promise<AgentInstance | undefined>;
  /** Changes how many tasks a live agent may work on at a time. */
  setSlots(id: string, slots: number): Promise<void>;
  /** Records for an agent that works on a task that the task is cancelled. An agent that doesn't stays as it is. */
  cancel(id: string, taskId: string): Promise<void>;
  /** Deletes the records of stopped or lost agents, at most 25. */
  forget(ids: readonly string[]): Promise<void>;
};
