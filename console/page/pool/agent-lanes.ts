import type { AgentView } from '../../../shared/views/pool-view.ts';
import type { Attempt, Lane, PlacedAttempt, TimeRange } from '../../lanes.ts';

/** A stretch of an agent's life. */
export type Stretch = TimeRange & { readonly kind: 'starting' | 'alive' | 'cooldown' | 'draining' };

/** An agent as a lane: its life in stretches, and its attempts above them, each in the row of its slot. */
export type AgentLane = {
  readonly id: string;
  readonly stretches: readonly Stretch[];
  readonly attempts: readonly PlacedAttempt[];
  /** Its rows: one for each slot that's shown. */
  readonly rows: number;
  /** Its record, while it lives. */
  readonly now?: AgentView | undefined;
  readonly endedAtMs?: number;
};

/**
 * Combines what agents logged with their records: an agent logs nothing before it's ready, and nothing when it's killed.
 * Those launched first come first.
 */
export function agentLanes(
  lanes: readonly Lane[],
  agents: readonly AgentView[],
  nowMs: number,
): readonly AgentLane[] {
  const logged = new Map(lanes.map((lane) => [lane.id, lane]));
  const living = new Map(agents.map((agent) => [agent.id, agent]));
  const ids = new Set([...logged.keys(), ...living.keys()]);
  return [...ids]
    .map((id) => laneOf(logged.get(id) ?? { id, attempts: [] }, living.get(id), nowMs))
    .toSorted((a, b) => beganMs(a) - beganMs(b) || (a.id < b.id ? -1 : 1));
}

function laneOf(lane: Lane, now: AgentView | undefined, nowMs: number): AgentLane {
  const { id, attempts } = lane;
  const endedAtMs = lane.stoppedAtMs ?? (now ? undefined : lastSeenMs(lane));
  const untilMs = endedAtMs ?? nowMs;
  const launchedAtMs = now?.launchedAtMs ?? lane.launchedAtMs;
  const readyAtMs =
    lane.readyAtMs ??
    (now && now.status !== 'starting' ? (attempts[0]?.startedAtMs ?? launchedAtMs) : undefined);
  const aliveMs = readyAtMs ?? attempts[0]?.startedAtMs;
  const drainingMs = now?.status === 'draining' ? now.statusSinceMs : lane.leavingAtMs;
  const cooling =
    now?.status === 'cooldown'
      ? [{ kind: 'cooldown', fromMs: now.statusSinceMs, toMs: untilMs } as const]
      : [];
  const stretches: Stretch[] = [];
  if (launchedAtMs !== undefined)
    stretches.push({ kind: 'starting', fromMs: launchedAtMs, toMs: aliveMs ?? untilMs });
  if (aliveMs !== undefined) stretches.push({ kind: 'alive', fromMs: aliveMs, toMs: drainingMs ?? untilMs });
  stretches.push(...cooling);
  if (drainingMs !== undefined) stretches.push({ kind: 'draining', fromMs: drainingMs, toMs: untilMs });
  const rows = rowsOf(attempts, now);
  return { id, stretches, attempts, rows, now, ...(endedAtMs !== undefined && { endedAtMs }) };
}

/** Slots beyond these are shown once tasks use them: 64 free rows of each agent would hide the others. */
const FREE_ROWS = 8;

function rowsOf(attempts: readonly PlacedAttempt[], now: AgentView | undefined): number {
  const used = attempts.reduce((most, { slot = 0 }) => Math.max(most, slot + 1), 1);
  return Math.max(used, Math.min(now?.slots ?? 1, FREE_ROWS));
}

/** An agent that was killed logged no end. */
function lastSeenMs({ attempts, leavingAtMs, readyAtMs, launchedAtMs }: Lane): number {
  return Math.max(
    attempts.reduce((last, each) => Math.max(last, each.endedAtMs ?? each.startedAtMs), 0),
    leavingAtMs ?? 0,
    readyAtMs ?? 0,
    launchedAtMs ?? 0,
  );
}

function beganMs({ stretches, attempts }: AgentLane): number {
  return stretches[0]?.fromMs ?? attempts[0]?.startedAtMs ?? 0;
}

/** Whether an attempt ended without completing its task. */
export function isFailed({ outcome }: Attempt): boolean {
  return outcome === 'failed' || outcome === 'stuck' || outcome === 'lost';
}
