import type { MinuteBucket } from './minutes.ts';
import type { Status } from './status.ts';

/** An agent's record. An agent is one ECS task that works on one task at a time. Times are epoch milliseconds. */
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
  /** The task it's working on, while busy. */
  readonly taskId?: string;
  /** The task that it's to stop working on, because somebody cancelled it. */
  readonly cancelledTaskId?: string;
  /** Uncompressed size of the context it used last. */
  readonly contextBytes: number;
  /** Contexts it can continue without a download, most recent first. */
  readonly warmContexts: readonly string[];
  readonly minutes: readonly MinuteBucket[];
  /**
   * The generation of the desired count that leaves this agent out; set when it's drained. While the pool's generation
   * is lower, the desired count hasn't been lowered for this agent yet.
   */
  readonly drainGeneration?: number;
  /** It takes no further task, because a newer version replaces it, and drains itself once it's idle. */
  readonly retiring?: boolean;
  /** Since when its receives have failed or hung; absent while they work. */
  readonly notReceivingSinceMs?: number;
  /** Ready except for its protection, which ECS refuses while as many others have it as are desired. */
  readonly unprotected?: boolean;
  /** Why it takes no tasks: its handler can't be loaded, or it crashed. */
  readonly problem?: string;
  /** The task it was working on when it stopped; absent when it was idle. */
  readonly interruptedTaskId?: string;
  /** When the record of a stopped or lost agent may be deleted, in epoch seconds as DynamoDB's TTL requires. */
  readonly expiresAt?: number;
};

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
  const isBusyWithIt = instance.status === 'busy' && instance.taskId === taskId;
  return isBusyWithIt && !isUnresponsive(instance, at.nowMs, at.heartbeatSeconds);
}

/** Whether a live agent has missed too many heartbeats. */
export function isUnresponsive(
  instance: Pick<AgentInstance, 'heartbeatAtMs'>,
  nowMs: number,
  heartbeatSeconds: number,
): boolean {
  return nowMs - instance.heartbeatAtMs > unresponsiveAfterSeconds(heartbeatSeconds) * 1000;
}
