import type { PoolConfig } from '../pool/config.ts';
import type { Instance } from '../pool/instance.ts';
import { isLive } from '../pool/status.ts';
import type { FleetTask } from '../ports.ts';

/** A task that was stopped since no agent works in it any more. */
export type Swept = { readonly id: string; readonly reason: string };

type Grace = Pick<PoolConfig, 'heartbeatSeconds' | 'startTimeoutSeconds' | 'stopTimeoutSeconds'>;

/** One sweep stops at most this many tasks, so that a tick's calls stay bounded. */
export const SWEEP_AT_MOST = 10;

/** Begins what ECS and the event that follows know of a task that was swept. */
export const SWEPT = 'agentpool: ';

/**
 * Whether tasks may run in which no agent is: more of them run than have a live record. While agents boot that is so
 * for some seconds, otherwise only then.
 */
export function mayHaveStrays(running: number, instances: readonly Instance[]): boolean {
  return running > instances.filter(({ status }) => isLive(status)).length;
}

/**
 * Which tasks to stop: those without an agent, and agents that drain and do not end. Both had the time to end by
 * themselves, and none can be at work: an agent whose record is closed is told so by its next heartbeat, gives its task
 * back and ends; one that drains has no task. Stopping ends their protection with them.
 * @param strays tasks of the service of which `instances` has no live record.
 */
export function chooseSwept(
  strays: readonly FleetTask[],
  instances: readonly Instance[],
  nowMs: number,
  grace: Grace,
): readonly Swept[] {
  const endingMs = (3 * grace.heartbeatSeconds + 2 * grace.stopTimeoutSeconds) * 1000;
  const startingMs = grace.startTimeoutSeconds * 1000 + endingMs;
  const records = new Map(instances.map((instance) => [instance.id, instance]));
  const swept: Swept[] = [];
  for (const { id, createdAtMs } of strays) {
    const record = records.get(id);
    if (record === undefined) {
      if (nowMs - createdAtMs > startingMs) swept.push({ id, reason: 'its agent has no record' });
    } else if (!isLive(record.status) && nowMs - record.statusSinceMs > endingMs) {
      swept.push({ id, reason: `its agent is ${record.status}, and did not end` });
    }
  }
  for (const { id, status, statusSinceMs } of instances) {
    if (status === 'draining' && nowMs - statusSinceMs > endingMs) {
      swept.push({ id, reason: 'its agent drains, and did not end' });
    }
  }
  return swept.slice(0, SWEEP_AT_MOST);
}
