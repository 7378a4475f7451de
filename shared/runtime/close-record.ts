import { GONE_RECORD_SECONDS } from '../core/pool/agent-instance.ts';
import type { Clock } from '../ports/clock.ts';
import type { PoolStore } from '../ports/pool-store.ts';

/**
 * Closes the record of an agent whose task has ended, at once instead of when it has been unresponsive for long. True when
 * it was still open: the agent could not sign off itself.
 */
export async function closeRecord(
  store: Pick<PoolStore, 'transition'>,
  agentId: string,
  clock: Pick<Clock, 'now'>,
): Promise<boolean> {
  const nowMs = clock.now();
  const expiresAt = Math.ceil(nowMs / 1000) + GONE_RECORD_SECONDS;
  const result = await store.transition(agentId, 'lose', { nowMs, changes: { expiresAt } });
  return result.kind === 'applied';
}
