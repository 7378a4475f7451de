import { type Agents, idle, type QueueCounts } from './observation.ts';
import type { PoolConfig } from './pool/config.ts';
import type { Memory } from './pool/state.ts';

/**
 * An agent that has waited for this long on a long poll would have been handed a message that can be taken:
 * what is visible then is blocked behind its own context, and more agents would not help.
 */
const BLOCKED_AFTER_IDLE_SECONDS = 5;
/** What was seen to be blocked is taken for blocked for so long; then more agents may show otherwise. */
const REMEMBERED_MS = 10 * 60_000;

/**
 * How many of the visible messages wait for the turn before them in their own conversation. While an agent idles
 * beside visible messages they all do; when none idles, as many as were seen to the last time.
 */
export function blockedBacklog(
  queue: QueueCounts,
  agents: Agents,
  { ordering }: PoolConfig,
  before: Memory['blocked'],
  atMs: number,
): Memory['blocked'] {
  if (ordering === 'none') return undefined;
  if (idle(agents) > 0 && agents.idleSeconds > BLOCKED_AFTER_IDLE_SECONDS) {
    return queue.visible > 0 ? { atMs, count: queue.visible } : undefined;
  }
  if (before === undefined || atMs - before.atMs > REMEMBERED_MS || queue.visible === 0) return undefined;
  return { atMs: before.atMs, count: Math.min(before.count, queue.visible) };
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
