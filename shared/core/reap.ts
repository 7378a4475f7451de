import type { FleetTask } from './observation.ts';
import { type AgentInstance, tasksOf } from './pool/agent-instance.ts';
import type { PoolConfig } from './pool/config.ts';
import { isLive } from './pool/status.ts';

/** An ECS task that was stopped because no live agent runs in it. */
export type ReapedTask = { readonly id: string; readonly reason: string };

type Grace = Pick<
  PoolConfig,
  'heartbeatSeconds' | 'startTimeoutSeconds' | 'stopTimeoutSeconds' | 'taskTimeoutSeconds'
>;

/** One tick reaps at most this many ECS tasks, so that its calls stay bounded. */
export const REAP_AT_MOST = 10;

/** Prefix of the stop reason of a reaped ECS task, in ECS and in the event that follows. */
export const REAPED_BY_SCALER = 'agentpool: ';

/**
 * Whether there may be ECS tasks without a live agent: more of them run than there are live records. That's also the
 * case for a few seconds while agents boot.
 */
export function mayHaveStuckTasks(running: number, instances: readonly AgentInstance[]): boolean {
  return running > instances.filter(({ status }) => isLive(status)).length;
}

type RunningTasks = {
  readonly instances: readonly AgentInstance[];
  /** ECS tasks of the service without a live record among them. */
  readonly agentless: readonly FleetTask[];
};

/**
 * Chooses the ECS tasks to stop: those without an agent, those of agents that drain without exiting, and those of
 * agents that stay on one task beyond its timeout. All had time to exit by themselves, and none does work that counts:
 * an agent whose record is closed has lost its task to another one. Stopping an ECS task also ends its protection.
 */
export function chooseStuckTasks(
  { agentless, instances }: RunningTasks,
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
    return isOver ? `its agent is ${record.status} but hasn't exited` : undefined;
  };
  const ofAgent = (agent: AgentInstance): string | undefined => {
    const { status, statusSinceMs, lastUsedAtMs = 0, drainGeneration, tasks } = agent;
    const longestMs = nowMs - Math.min(nowMs, ...Object.values(tasks));
    if (isLive(status) && longestMs > workingMs) return 'its agent has been on one task for too long';
    const isLeaving = status === 'draining' && drainGeneration !== undefined && tasksOf(agent) === 0;
    const leavingMs = nowMs - Math.max(statusSinceMs, lastUsedAtMs);
    return isLeaving && leavingMs > endingMs ? "its agent is draining but hasn't exited" : undefined;
  };
  const reaped = [
    ...agentless.map((task) => ({ id: task.id, reason: ofAgentless(task) })),
    ...instances.map((agent) => ({ id: agent.id, reason: ofAgent(agent) })),
  ];
  return reaped.filter((each): each is ReapedTask => each.reason !== undefined).slice(0, REAP_AT_MOST);
}
