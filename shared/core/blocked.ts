import { LONG_LINE_SECONDS } from './limit-line.ts';
import type { Agents, QueueCounts } from './observation.ts';
import type { PoolConfig } from './pool/config.ts';

/** An agent with a free slot for this long would have received any runnable message through its long poll. */
const POLLED_SECONDS = 5;
/** Ticks in a row that must agree. One alone may compare a count of SQS with records that are older or newer. */
const TICKS = 3;

/** What one tick read. */
type Reading = {
  readonly queue: QueueCounts;
  readonly agents: Agents;
  /** How long calls wait for a limit of the pool. In a long line, agents leave tasks in the queue. */
  readonly lineSeconds: number;
  readonly atMs: number;
};

/** Evidence that messages are blocked by an earlier turn of their conversation. */
export type Blocked = {
  /** When the first tick found a free slot beside visible messages; all since then have. */
  readonly sinceMs: number;
  /** The messages visible in each of the latest {@link TICKS} of these ticks. */
  readonly visible: readonly number[];
  /** How many are taken for blocked: none until enough ticks agree. */
  readonly count: number;
};

/**
 * How many visible messages are blocked by an earlier turn of their conversation, so that more agents wouldn't help.
 *
 * The evidence is an agent that receives, has a free slot over several ticks, and takes none of the messages that are
 * visible all the while. It's gone as soon as no slot is free, and no more are blocked than have stayed visible. A
 * message is blocked only by another of its group that's in flight, so without one in flight none is blocked.
 */
export function blockedBacklog(
  { queue, agents, lineSeconds, atMs }: Reading,
  before: Blocked | undefined,
  { ordering }: Pick<PoolConfig, 'ordering'>,
): Blocked | undefined {
  const isHeldBack = lineSeconds > LONG_LINE_SECONDS;
  const isPossible = ordering === 'fifo' && queue.inFlight > 0 && queue.visible > 0 && !isHeldBack;
  if (!isPossible || agents.slots.free === 0 || agents.idleSeconds <= POLLED_SECONDS) return undefined;
  const hasTakenOne = before !== undefined && agents.idleSeconds < (atMs - before.sinceMs) / 1000;
  if (before === undefined || hasTakenOne) return { sinceMs: atMs, visible: [queue.visible], count: 0 };
  const visible = [...before.visible, queue.visible].slice(-TICKS);
  return { sinceMs: before.sinceMs, visible, count: visible.length < TICKS ? 0 : Math.min(...visible) };
}

/** Visible messages an agent could take now. */
export function runnableTasks({ visible }: QueueCounts, blocked: Blocked | undefined): number {
  return visible - (blocked?.count ?? 0);
}

/** Whether some of the visible messages are blocked. */
export function isBlocked({
  queue,
  runnable,
}: {
  readonly queue: QueueCounts;
  readonly runnable: number;
}): boolean {
  return runnable < queue.visible;
}
