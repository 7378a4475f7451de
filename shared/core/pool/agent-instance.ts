import type { MinuteBucket } from './minutes.ts';
import type { Status } from './status.ts';

/** An agent's record: one ECS task that runs one agent task at a time. Times are epoch milliseconds. */
export type AgentInstance = {
  readonly pool: string;
  /** The ECS task id, the last part of its ARN. */
  readonly id: string;
  /** The ECS task definition it runs, as `family:revision`. */
  readonly revision: string;
  readonly status: Status;
  readonly statusSinceMs: number;
  /** When ECS began to start it, as far as the agent can tell. */
  readonly launchedAtMs: number;
  /** When it first became ready; absent while it starts. */
  readonly readyAtMs?: number;
  readonly heartbeatAtMs: number;
  readonly lastUsedAtMs?: number;
  /** The task it works on, while busy. */
  readonly taskId?: string;
  /** Size of the context it used last, uncompressed. */
  readonly contextBytes: number;
  /** Contexts it can continue without a download; that of the latest task first. */
  readonly warmContexts: readonly string[];
  readonly minutes: readonly MinuteBucket[];
  /**
   * The generation of the desired count that leaves this agent out; set when it is drained. While the pool's
   * generation is smaller, the desired count has not been lowered for it yet.
   */
  readonly drainGeneration?: number;
  /** Told to take no further task, since a newer version takes over: it drains itself when it has none. */
  readonly retiring?: boolean;
  /** Ready but for its protection, which ECS refuses while as many others have it as are desired. */
  readonly unprotected?: boolean;
  /** The task it was working on when it was stopped; absent when it was idle. */
  readonly interruptedTaskId?: string;
  /** When the record of a stopped or lost agent may go. Seconds, as DynamoDB's TTL wants it. */
  readonly expiresAt?: number;
};

/** How long the record of an agent that is gone is kept. */
export const GONE_RECORD_SECONDS = 30 * 60;

/** An agent unresponsive for this many heartbeats is taken for lost: it is neither supply nor load. */
const UNRESPONSIVE_HEARTBEATS = 3;

/** True when a live agent has not written its record for too long. */
export function isUnresponsive(
  instance: Pick<AgentInstance, 'heartbeatAtMs'>,
  nowMs: number,
  heartbeatSeconds: number,
): boolean {
  return nowMs - instance.heartbeatAtMs > UNRESPONSIVE_HEARTBEATS * heartbeatSeconds * 1000;
}
