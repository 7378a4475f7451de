import { GONE_RECORD_SECONDS } from '../core/pool/agent-instance.ts';
import type { Clock } from '../ports/clock.ts';
import type { PoolStore } from '../ports/pool-store.ts';

/**
 * Closes the record of an agent whose ECS task has ended, without waiting until the agent is unresponsive. True: the
 * record was still open, because the agent couldn't deregister.
 */
export async function closeRecord(
  store: Pick<PoolStore, 'transition'>,
  agentId: string,
  { clock, problem }: { readonly clock: Pick<Clock, 'now'>; readonly problem?: string | undefined },
): Promise<boolean> {
  const nowMs = clock.now();
  const expiresAt = Math.ceil(nowMs / 1000) + GONE_RECORD_SECONDS;
  const result = await store.transition(agentId, 'lose', {
    nowMs,
    changes: { expiresAt, ...(problem !== undefined && { problem }) },
  });
  return result.kind === 'applied';
}
