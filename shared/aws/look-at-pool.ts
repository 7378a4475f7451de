import { type DecisionRecord, desiredAfter } from '../core/decision-record.ts';
import type { FleetReading, QueueCounts } from '../core/observation.ts';
import type { AgentInstance } from '../core/pool/agent-instance.ts';
import type { Settings } from '../core/pool/settings.ts';
import type { Mode } from '../core/pool/state.ts';
import { isLive } from '../core/pool/status.ts';
import type { connectPool } from './open-pool.ts';

/** A pool as it is now, for people. */
export type PoolNow = {
  readonly name: string;
  readonly queue: QueueCounts;
  readonly service: FleetReading;
  /** Those that live. */
  readonly agents: readonly AgentNow[];
  readonly mode: Mode;
  readonly settings?: Settings;
  /** The scaler's last decision; absent before the first. */
  readonly decision?: {
    readonly atMs: number;
    readonly kind: string;
    readonly desired?: number;
    readonly reason: string;
  };
};

export type AgentNow = Pick<
  AgentInstance,
  'id' | 'status' | 'statusSinceMs' | 'heartbeatAtMs' | 'launchedAtMs' | 'revision' | 'contextBytes'
> & { readonly taskId?: string };

export async function lookAtPool({
  pool,
  queue,
  fleet,
  store,
  overrides,
}: ReturnType<typeof connectPool>): Promise<PoolNow> {
  const [counts, service, { instances }, { mode, settings }, last] = await Promise.all([
    queue.counts(),
    fleet.read(),
    store.instances(),
    overrides.read(),
    overrides.lastDecision(),
  ]);
  return {
    name: pool.name,
    queue: counts,
    service,
    agents: instances.filter(({ status }) => isLive(status)).map(agentNow),
    mode,
    ...(settings && { settings }),
    ...(last && { decision: decisionNow(last) }),
  };
}

function agentNow(instance: AgentInstance): AgentNow {
  const { id, status, statusSinceMs, heartbeatAtMs, launchedAtMs, revision, contextBytes, taskId } = instance;
  return {
    id,
    status,
    statusSinceMs,
    heartbeatAtMs,
    launchedAtMs,
    revision,
    contextBytes,
    ...(taskId !== undefined && { taskId }),
  };
}

function decisionNow(record: DecisionRecord): NonNullable<PoolNow['decision']> {
  const desired = desiredAfter(record);
  return {
    atMs: record.observation.atMs,
    kind: record.decision.kind,
    ...(desired !== undefined && { desired }),
    reason: record.decision.reason.text,
  };
}
