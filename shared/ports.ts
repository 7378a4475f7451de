import type { Chain } from './context/chain.ts';
import type { HistoryDay, HistoryMinute } from './pool/history.ts';
import type { Instance } from './pool/instance.ts';
import type { Order, Ordered } from './pool/orders.ts';
import type { Settings } from './pool/settings.ts';
import type { Control, Lease, PoolState } from './pool/state.ts';
import type { StatusEvent } from './pool/status.ts';
import type { FleetReading, Neighbour, QueueCounts } from './scaling/observation.ts';
import type { DecisionRecord } from './scaling/record.ts';
import type { ContextTraffic, StoredValue, TaskRecord } from './tasks/record.ts';

/**
 * The few interfaces to the outside. `aws/` implements them on AWS SDK v3; everything else in the project
 * sees only these.
 */

/** The time, and waiting for it to pass. */
export type Clock = {
  /** Epoch milliseconds. */
  now(): number;
  /** Resolves after `ms`, or at once when `signal` aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
};

// --- The queue of one pool -------------------------------------------------------------------------------------

export type QueueMessage = {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  readonly groupId?: string;
  readonly receiveCount: number;
  /** When it was sent, epoch milliseconds. */
  readonly sentAtMs: number;
};

export type OutgoingMessage = { readonly id: string; readonly body: string; readonly groupId?: string };

export type TaskQueue = {
  counts(): Promise<QueueCounts>;
  /** Sends up to ten messages; answers with those that SQS refused. */
  send(
    messages: readonly OutgoingMessage[],
  ): Promise<readonly { readonly id: string; readonly reason: string }[]>;
  /** Waits for at most `waitSeconds` (0 to 20) for one message, which then stays invisible for `visibilitySeconds`. */
  receive(waitSeconds: number, visibilitySeconds: number): Promise<QueueMessage | undefined>;
  /** Keeps a message invisible for `seconds` from now. Throws when it is no longer this receiver's. */
  extend(message: QueueMessage, seconds: number): Promise<void>;
  /** Gives a message back: others can receive it after `afterSeconds`. */
  release(message: QueueMessage, afterSeconds?: number): Promise<void>;
  acknowledge(message: QueueMessage): Promise<void>;
  /** Moves a message to the dead-letter queue, with the reason as an attribute. */
  deadLetter(message: QueueMessage, reason: string): Promise<void>;
};

// --- Records ---------------------------------------------------------------------------------------------------

/** Fields that a transition may set besides the status; `null` removes a field. */
export type InstanceChanges = {
  readonly [Field in keyof Omit<Instance, 'pool' | 'id' | 'status' | 'statusSinceMs' | 'heartbeatAtMs'>]?:
    | Instance[Field]
    | null;
};

export type TransitionResult =
  | { readonly kind: 'applied'; readonly instance: Instance }
  /** The record was in another status, or the given condition did not hold; nothing was written. */
  | { readonly kind: 'refused' };

/** A stored record that could not be read; the reason says which field is wrong. */
export type UnreadableRecord = { readonly key: string; readonly reason: string };

export type LeaseResult =
  | {
      readonly kind: 'held';
      readonly lease: Lease;
      readonly state: PoolState;
      readonly control: Control;
      readonly settings?: Settings;
    }
  | { readonly kind: 'taken'; readonly holder: string; readonly untilMs: number };

/** The records of one pool: its state, its agents, its decisions. */
export type PoolStore = {
  /** Takes or renews the lease: it is free, expired (with a margin for clock skew) or already this holder's. */
  acquireLease(holder: string, nowMs: number, durationMs: number): Promise<LeaseResult>;
  releaseLease(lease: Lease): Promise<void>;
  /** Writes the state if the lease still has this fence. False: another scaler has taken over; nothing was written. */
  saveState(lease: Lease, state: PoolState): Promise<boolean>;

  /** Every agent's record, strongly consistent. */
  instances(): Promise<{
    readonly instances: readonly Instance[];
    readonly unreadable: readonly UnreadableRecord[];
  }>;
  /** Writes the record of an agent that starts. @throws Error when there is one of this id already. */
  register(instance: Instance): Promise<void>;
  /**
   * Moves an agent along the status machine by one conditional write.
   * `ifHeartbeatAtMs` adds the condition that the agent has not written since.
   */
  transition(
    id: string,
    event: StatusEvent,
    nowMs: number,
    changes?: InstanceChanges,
    ifHeartbeatAtMs?: number,
  ): Promise<TransitionResult>;
  /** Notes that the agent is alive. Undefined: its record is gone or says that it is stopped or lost. */
  heartbeat(id: string, nowMs: number, changes?: InstanceChanges): Promise<Instance | undefined>;
  /** Tells a working agent to take no further task. Nothing is written for one that does not work any more. */
  retire(id: string): Promise<void>;
  /** Deletes records of agents that are gone, at most 25. */
  forget(ids: readonly string[]): Promise<void>;

  putDecision(record: DecisionRecord): Promise<void>;
  /** Decisions after `afterMs`, oldest first. */
  decisions(afterMs: number): Promise<readonly DecisionRecord[]>;
};

/** What an operator orders, and what has been ordered before. */
export type PoolOrders = {
  /** What is in force now. */
  read(): Promise<Ordered>;
  /**
   * Puts an order on record for a year, then in force from the pool's next look on. False: somebody else has set
   * something since `before` was read; nothing is in force.
   */
  give(order: Order, before: Ordered): Promise<boolean>;
  /** Orders, the latest first. */
  latest(count: number): Promise<readonly Order[]>;
  /** What the scaler decided last, if it ever looked at the pool. */
  lastDecision(): Promise<DecisionRecord | undefined>;
};

/** What one pool did, minute by minute: seasons are learned from it. */
export type PoolHistory = {
  /** Writes minutes; those that were written before are overwritten. */
  add(minutes: readonly HistoryMinute[]): Promise<void>;
  /** The days from `sinceDay` (days since 1970-01-01) on that have any. May be up to an hour old. */
  days(sinceDay: number): Promise<readonly HistoryDay[]>;
};

/** The same, for people: from `sinceMinute` on, in order. */
export type HistoryReader = { minutes(sinceMinute: number): Promise<readonly HistoryMinute[]> };

/** The other pools under one pool's ceiling. */
export type Neighbours = { read(): Promise<readonly Neighbour[]> };

/** Where a task stands, and what the worker may do about it. */
export type BeginResult =
  | { readonly kind: 'begun'; readonly task: TaskRecord }
  /** The task has ended already; its message only has to be removed. */
  | { readonly kind: 'ended'; readonly task: TaskRecord };

export type AttemptResult =
  | { readonly kind: 'applied'; readonly task: TaskRecord }
  /** A later attempt has taken over, or the task has ended; nothing was written. */
  | { readonly kind: 'superseded' };

/** A task as its message tells it. */
export type SentTask = {
  readonly id: string;
  readonly contextId?: string | undefined;
  readonly sentAtMs: number;
};

export type TaskStore = {
  /** False: a task with this id exists already; nothing was written. */
  create(task: SentTask): Promise<boolean>;
  /** Removes a task that was never sent. */
  discard(id: string): Promise<void>;
  get(id: string): Promise<TaskRecord | undefined>;
  /** Starts the next attempt. A task sent without a record gets one. */
  begin(task: SentTask, instanceId: string, nowMs: number): Promise<BeginResult>;
  progress(id: string, attempt: number, progress: StoredValue): Promise<AttemptResult>;
  complete(
    id: string,
    attempt: number,
    nowMs: number,
    result: StoredValue,
    traffic: ContextTraffic,
  ): Promise<AttemptResult>;
  /** Ends a task as failed, whatever its attempt. */
  fail(task: SentTask, nowMs: number, reason: string): Promise<void>;
  /**
   * Notes why an attempt did not complete; the task is queued again. An attempt that was `returned` by an agent
   * that had to stop does not count as a failed one.
   */
  retry(id: string, attempt: number, reason: string, kind: 'failed' | 'returned'): Promise<AttemptResult>;
};

// --- Contexts --------------------------------------------------------------------------------------------------

/** A task whose effect is in a context, with its result: what makes a redelivered task's effect happen once. */
export type AppliedTask = { readonly taskId: string; readonly result: StoredValue };

/** The one thing of a context that moves: which version is current, and where it is. */
export type ContextHead = {
  readonly contextId: string;
  readonly version: number;
  /** Of this version and of the one before; see `hashOf` in context/chain.ts. */
  readonly hash: string;
  readonly parent: string;
  /** Size of the plain content. */
  readonly plainBytes: number;
  readonly chain: Chain;
  /** The chain that the current one took over from: what is left should its base be lost. */
  readonly previous?: Chain;
  /** Chains that turned out to be damaged, kept for inspection. */
  readonly damaged?: readonly { readonly version: number; readonly reason: string; readonly chain: Chain }[];
  /** The latest tasks applied, newest first. */
  readonly applied: readonly AppliedTask[];
  readonly updatedAtMs: number;
};

/** Heads, and beside each the small pages of its chain. */
export type ContextStore = {
  /** The head with all pages beside it, in one request. */
  read(
    contextId: string,
  ): Promise<{ readonly head: ContextHead; readonly pages: ReadonlyMap<string, Uint8Array> } | undefined>;
  putPage(contextId: string, key: string, content: Uint8Array): Promise<void>;
  /** Moves the head from `head.version - 1` to `head.version`. False: it was not there any more. */
  advance(head: ContextHead): Promise<boolean>;
  /** Replaces the chain of a version by another one of the same version. False: the head has moved on. */
  rebase(head: ContextHead): Promise<boolean>;
  /** All heads of the pool, as they are read. */
  heads(): AsyncIterable<ContextHead>;
  deletePages(contextId: string, keys: readonly string[]): Promise<void>;
};

/** Which common patterns a pool's new snapshots are compressed with. */
export type PatternStore = {
  current(): Promise<string | undefined>;
  setCurrent(hash: string, nowMs: number): Promise<void>;
};

/** Immutable objects. */
export type SnapshotStore = {
  put(key: string, content: Uint8Array): Promise<void>;
  /** Undefined: there is no such object. @throws ValueError when it is larger than `maxBytes`. */
  get(key: string, maxBytes: number): Promise<Uint8Array | undefined>;
  list(prefix: string): AsyncIterable<{ readonly key: string; readonly writtenAtMs: number }>;
  delete(keys: readonly string[]): Promise<void>;
};

// --- The fleet -------------------------------------------------------------------------------------------------

/** A task of the service that runs. */
export type FleetTask = { readonly id: string; readonly startedAtMs: number };

/** The ECS service of one pool. */
export type Fleet = {
  read(): Promise<FleetReading>;
  setDesiredCount(count: number): Promise<void>;
  /** Lifts the scale-in protection of agents. Answers with those for which ECS refused. */
  unprotect(ids: readonly string[]): Promise<readonly { readonly id: string; readonly reason: string }[]>;
  /** All tasks of the service that run and are to, but those named. */
  tasks(except: ReadonlySet<string>): Promise<readonly FleetTask[]>;
  /** Stops a task whether or not it is protected: SIGTERM, then SIGKILL. ECS starts another one where one is desired. */
  stop(id: string, reason: string): Promise<void>;
};

/** An agent's own scale-in protection, through the ECS agent. */
export type Protection = {
  /** False: ECS refused, because more tasks are protected than are desired. */
  protect(): Promise<boolean>;
  release(): Promise<void>;
};

// --- What is told to the outside ----------------------------------------------------------------------------------

export type Telemetry = {
  tick(record: DecisionRecord, unreadable: readonly UnreadableRecord[]): void;
  /** A tick that threw, or of whose action a step failed. */
  tickFailed(pool: string, error: unknown): void;
  leaseTaken(pool: string, holder: string): void;
  /** What an operator has set is not possible with what is deployed now. */
  settingsLeftOut(pool: string, reason: string): void;
  /** History that stays in memory until the next tick. */
  historyNotSaved(pool: string, error: unknown): void;
  /** Tasks without an agent that could not be looked for, or not be stopped; the next tick tries again. */
  notSwept(pool: string, error: unknown): void;
};
