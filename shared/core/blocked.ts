import { type Agents, idle, type QueueCounts } from './observation.ts';
import type { PoolConfig } from './pool/config.ts';
import type { Memory } from './pool/state.ts';

/**
 * An agent idle for this long would have received any runnable message through its long poll. Messages that are
 * still visible then are blocked by an earlier turn, and more agents wouldn't help.
 */
const BLOCKED_AFTER_IDLE_SECONDS = 5;
/** Messages found blocked count as blocked for this long; after that, more agents may prove otherwise. */
const REMEMBERED_MS = 10 * 60_000;

/** What one tick read. */
type Reading = { readonly queue: QueueCounts; readonly agents: Agents; readonly atMs: number };

/**
 * How many visible messages are blocked by an earlier turn of their conversation. While an agent is idle next to
 * visible messages, all of them are. When no agent is idle, the last count found stands.
 */
export function blockedBacklog(
  { queue, agents, atMs }: Reading,
  before: Memory['blocked'],
  { ordering }: Pick<PoolConfig, 'ordering'>,
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
