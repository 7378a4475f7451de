import type { FleetTask } from './observation.ts';
import type { Instance } from './pool/agent-instance.ts';
import type { PoolConfig } from './pool/config.ts';
import { isLive } from './pool/status.ts';

/** A task that was stopped since no agent works in it any more. */
export type Swept = { readonly id: string; readonly reason: string };

type Grace = Pick<
  PoolConfig,
  'heartbeatSeconds' | 'startTimeoutSeconds' | 'stopTimeoutSeconds' | 'taskTimeoutSeconds'
>;

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
 * Which tasks to stop: those without an agent, agents that drain and do not end, and agents that are at one task for
 * longer than it is given. All had the time to end by themselves, and none is at work that counts: an agent whose record
 * is closed has lost its task to another. Stopping ends their protection with them.
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
  const workingMs = grace.taskTimeoutSeconds * 1000 + endingMs;
  const records = new Map(instances.map((instance) => [instance.id, instance]));
  const ofStray = ({ id, startedAtMs }: FleetTask): string | undefined => {
    const record = records.get(id);
    if (record === undefined) return nowMs - startedAtMs > startingMs ? 'its agent has no record' : undefined;
    const isOver = !isLive(record.status) && nowMs - record.statusSinceMs > endingMs;
    return isOver ? `its agent is ${record.status}, and did not end` : undefined;
  };
  const ofAgent = ({ status, statusSinceMs }: Instance): string | undefined => {
    const forMs = nowMs - statusSinceMs;
    if (status === 'draining' && forMs > endingMs) return 'its agent drains, and did not end';
    if (status === 'busy' && forMs > workingMs) return 'its agent is at one task for too long';
    return undefined;
  };
  const swept = [
    ...strays.map((task) => ({ id: task.id, reason: ofStray(task) })),
    ...instances.map((agent) => ({ id: agent.id, reason: ofAgent(agent) })),
  ];
  return swept.filter((each): each is Swept => each.reason !== undefined).slice(0, SWEEP_AT_MOST);
}
