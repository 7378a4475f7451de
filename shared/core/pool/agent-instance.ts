import type { MinuteBucket } from './minutes.ts';
import { isLive, type Status } from './status.ts';

/** An agent's record. An agent is one ECS task that works on as many tasks at a time as it has slots. Times are epoch milliseconds. */
export type AgentInstance = {
  readonly pool: string;
  /** The ECS task id, the last part of its ARN. */
  readonly id: string;
  /** The ECS task definition it runs, as `family:revision`. */
  readonly revision: string;
  readonly status: Status;
  readonly statusSinceMs: number;
  /** When ECS began to start it, as far as the agent knows. */
  readonly launchedAtMs: number;
  /** When it first became ready; absent while it starts. */
  readonly readyAtMs?: number;
  readonly heartbeatAtMs: number;
  readonly lastUsedAtMs?: number;
  /** How many tasks it may work on at a time: the pool's concurrency. The scaler changes it when an operator does. */
  readonly slots: number;
  /** The tasks it's working on, with the time when it began. */
  readonly tasks: Readonly<Record<string, number>>;
  /** Those of its tasks that it's to stop working on, because somebody cancelled them. */
  readonly cancelledTasks?: readonly string[];
  /** Uncompressed size of the context it used last. */
  readonly contextBytes: number;
  /** Contexts it can continue without a download, most recent first. */
  readonly warmContexts: readonly string[];
  readonly minutes: readonly MinuteBucket[];
  /**
   * The generation of the desired count that leaves this draining agent out. While the pool's generation is lower, the
   * desired count hasn't been lowered for it yet; see also {@link NEVER_LOWERED}.
   *
   * Absent while an agent drains that works on tasks: the desired count still includes it, and the drain can be taken
   * back.
   */
  readonly drainGeneration?: number;
  /** Since when its receives have failed or hung; absent while they work. */
  readonly notReceivingSinceMs?: number;
  /** Since when a handler has held up its event loop, so that it takes no further task; absent while none does. */
  readonly heldUpSinceMs?: number;
  /** How its process fared in the last minute or so; absent before its first heartbeat. */
  readonly load?: AgentLoad;
  /** What it did with the limits of its pool in the last minutes; absent without any. */
  readonly limitUse?: AgentLimitUse;
  /** Ready except for its protection, which ECS refuses while as many others have it as are desired. */
  readonly unprotected?: boolean;
  /** Why it takes no tasks: its handler can't be loaded, or it crashed. */
  readonly problem?: string;
  /** The tasks it was working on when it stopped; absent when it was idle. */
  readonly interruptedTasks?: readonly string[];
  /** When the record of a stopped or lost agent may be deleted, in epoch seconds as DynamoDB's TTL requires. */
  readonly expiresAt?: number;
};

/** How an agent's process fares, measured between two heartbeats. */
export type AgentLoad = {
  /** Share of the agent's processors that it used, 0 to 1. */
  readonly cpuShare: number;
  /** Memory that it occupies. */
  readonly memoryMiB: number;
  /** By how much timers are late, in milliseconds: the 99th percentile. */
  readonly eventLoopDelayMs: number;
};

/** What an agent did with limits within `seconds`. */
export type AgentLimitUse = {
  readonly seconds: number;
  /** How long its slots were used, all together. */
  readonly slotSeconds: number;
  readonly limits: Readonly<
    Record<string, { readonly usedMs: number; readonly waitedMs: number; readonly refused: number }>
  >;
};

/** The drain generation of an agent that ECS replaces: the desired count isn't lowered for it. */
export const NEVER_LOWERED = 0;

/** How long the record of a stopped or lost agent is kept. */
export const GONE_RECORD_SECONDS = 30 * 60;

/** An agent that misses this many heartbeats is unresponsive: neither supply nor load. */
const UNRESPONSIVE_HEARTBEATS = 3;

export function unresponsiveAfterSeconds(heartbeatSeconds: number): number {
  return UNRESPONSIVE_HEARTBEATS * heartbeatSeconds;
}

/** Whether an agent is at work on a task, by its record. */
export function isWorkingOn(
  instance: AgentInstance,
  taskId: string,
  at: { readonly nowMs: number; readonly heartbeatSeconds: number },
): boolean {
  return Object.hasOwn(instance.tasks, taskId) && isResponding(instance, at);
}

function isResponding(
  instance: AgentInstance,
  { nowMs, heartbeatSeconds }: { readonly nowMs: number; readonly heartbeatSeconds: number },
): boolean {
  return isLive(instance.status) && !isUnresponsive(instance, nowMs, heartbeatSeconds);
}

/** How many tasks an agent is working on. */
export function tasksOf({ tasks }: Pick<AgentInstance, 'tasks'>): number {
  return Object.keys(tasks).length;
}

/** Whether an agent's drain can be taken back: the desired count still includes it. */
export function canResume({ status, drainGeneration }: AgentInstance): boolean {
  return status === 'draining' && drainGeneration === undefined;
}

/** Whether a live agent has missed too many heartbeats. */
export function isUnresponsive(
  instance: Pick<AgentInstance, 'heartbeatAtMs'>,
  nowMs: number,
  heartbeatSeconds: number,
): boolean {
  return nowMs - instance.heartbeatAtMs > unresponsiveAfterSeconds(heartbeatSeconds) * 1000;
}
