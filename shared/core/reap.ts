import type { FleetTask } from './observation.ts';
import type { AgentInstance } from './pool/agent-instance.ts';
import type { PoolConfig } from './pool/config.ts';
import { isLive } from './pool/status.ts';

/** A task that was stopped since no agent works in it any more. */
export type ReapedTask = { readonly id: string; readonly reason: string };

type Grace = Pick<
  PoolConfig,
  'heartbeatSeconds' | 'startTimeoutSeconds' | 'stopTimeoutSeconds' | 'taskTimeoutSeconds'
>;

/** One sweep stops at most this many tasks, so that a tick's calls stay bounded. */
export const REAP_AT_MOST = 10;

/** Begins what ECS and the event that follows know of a task that was reaped. */
export const REAPED_BY_SCALER = 'agentpool: ';

/**
 * Whether tasks may run in which no agent is: more of them run than have a live record. While agents boot that is so
 * for some seconds, otherwise only then.
 */
export function mayHaveStuckTasks(running: number, instances: readonly AgentInstance[]): boolean {
  return running > instances.filter(({ status }) => isLive(status)).length;
}

/**
 * Which tasks to stop: those without an agent, agents that drain and do not end, and agents that are at one task for
 * longer than it is given. All had the time to end by themselves, and none is at work that counts: an agent whose record
 * is closed has lost its task to another. Stopping ends their protection with them.
 * @param agentless tasks of the service of which `instances` has no live record.
 */
export function chooseStuckTasks(
  agentless: readonly FleetTask[],
  instances: readonly AgentInstance[],
  nowMs: number,
  grace: Grace,
): readonly ReapedTask[] {
  const endingMs = (3 * grace.heartbeatSeconds + 2 * grace.stopTimeoutSeconds) * 1000;
  const startingMs = grace.startTimeoutSeconds * 1000 + endingMs;
  const workingMs = grace.taskTimeoutSeconds * 1000 + endingMs;
  const records = new Map(instances.map((instance) => [instance.id, instance]));
  const ofAgentless = ({ id, startedAtMs }: FleetTask): string | undefined => {
    const record = records.get(id);
    if (record === undefined) return nowMs - startedAtMs > startingMs ? 'its agent has no record' : undefined;
    const isOver = !isLive(record.status) && nowMs - record.statusSinceMs > endingMs;
    return isOver ? `its agent is ${record.status}, and did not end` : undefined;
  };
  const ofAgent = ({ status, statusSinceMs }: AgentInstance): string | undefined => {
    const forMs = nowMs - statusSinceMs;
    if (status === 'draining' && forMs > endingMs) return 'its agent drains, and did not end';
    if (status === 'busy' && forMs > workingMs) return 'its agent is at one task for too long';
    return undefined;
  };
  const reaped = [
    ...agentless.map((task) => ({ id: task.id, reason: ofAgentless(task) })),
    ...instances.map((agent) => ({ id: agent.id, reason: ofAgent(agent) })),
  ];
  return reaped.filter((each): each is ReapedTask => each.reason !== undefined).slice(0, REAP_AT_MOST);
}
