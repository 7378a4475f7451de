import { cleanText } from '../core/foreign-text.ts';
import type { FleetReading, QueueCounts } from '../core/observation.ts';
import type { AgentInstance } from '../core/pool/agent-instance.ts';
import type { Settings } from '../core/pool/settings.ts';
import type { Mode } from '../core/pool/state.ts';
import { isLive } from '../core/pool/status.ts';
import { type DecisionLog, lastDecision } from '../ports/decision-log.ts';
import type { Fleet } from '../ports/fleet.ts';
import type { OverrideStore } from '../ports/override-store.ts';
import type { PoolStore } from '../ports/pool-store.ts';
import type { TaskQueue } from '../ports/task-queue.ts';
import { type DecisionView, viewLogged } from './decision-view.ts';

/** A pool's current state, for people. */
export type PoolView = {
  readonly name: string;
  readonly queue: QueueCounts;
  readonly service: FleetReading;
  /** Live agents. */
  readonly agents: readonly AgentView[];
  readonly slots: SlotsView;
  /** Why agents take no tasks, or took none and ended within {@link PROBLEM_MS}; the latest first. */
  readonly problems: readonly Problem[];
  readonly mode: Mode;
  readonly settings?: Settings;
  /** The scaler's last decision; absent before the first. */
  readonly decision?: BriefDecision;
};

export type BriefDecision = Omit<
  DecisionView,
  'pool' | 'read' | 'line' | 'sections' | 'proposals' | 'guards'
>;

export type Problem = {
  readonly text: string;
  /** How many agents have it. */
  readonly agents: number;
  readonly latestAtMs: number;
};

const PROBLEM_MS = 10 * 60_000;
const PROBLEM_CHARACTERS = 1_000;

export type AgentView = Pick<
  AgentInstance,
  | 'id'
  | 'status'
  | 'statusSinceMs'
  | 'heartbeatAtMs'
  | 'launchedAtMs'
  | 'revision'
  | 'contextBytes'
  | 'slots'
  | 'heldUpSinceMs'
> & { readonly taskIds: readonly string[]; readonly problem?: string };

/** Room for tasks: what tasks use, those of draining agents too, and that with what's free. */
export type SlotsView = { readonly used: number; readonly total: number };

type Ports = {
  readonly pool: { readonly name: string };
  readonly queue: Pick<TaskQueue, 'counts'>;
  readonly fleet: Pick<Fleet, 'read'>;
  readonly store: Pick<PoolStore, 'instances'>;
  readonly overrides: Pick<OverrideStore, 'read'>;
  readonly decisions: Pick<DecisionLog, 'read'>;
};

/** Reads a pool's current state. @throws what its ports throw. */
export async function viewPool({
  pool,
  queue,
  fleet,
  store,
  overrides,
  decisions,
}: Ports): Promise<PoolView> {
  const [counts, service, { instances }, { mode, settings }, last] = await Promise.all([
    queue.counts(),
    fleet.read(),
    store.instances(),
    overrides.read(),
    lastDecision(decisions),
  ]);
  const agents = instances.filter(({ status }) => isLive(status)).map(viewAgent);
  return {
    name: pool.name,
    queue: counts,
    service,
    agents,
    slots: slotsOf(agents),
    problems: problemsOf(instances, Date.now()),
    mode,
    ...(settings && { settings }),
    ...(last && { decision: briefly(viewLogged(pool.name, last)) }),
  };
}

function briefly(decision: DecisionView): BriefDecision {
  const {
    pool: _pool,
    read: _read,
    line: _line,
    sections: _sections,
    proposals: _,
    guards: __,
    ...brief
  } = decision;
  return brief;
}

/** An agent that starts, drains or is held up by a handler takes no task, so what it doesn't use isn't free. */
export function slotsOf(agents: readonly AgentView[]): SlotsView {
  let [used, free] = [0, 0];
  for (const { status, slots, taskIds, heldUpSinceMs } of agents) {
    used += taskIds.length;
    const takesTasks = status !== 'starting' && status !== 'draining' && heldUpSinceMs === undefined;
    // An operator may have lowered the concurrency below what the agent is working on.
    if (takesTasks) free += Math.max(0, slots - taskIds.length);
  }
  return { used, total: used + free };
}

/** The problems of agents that are live, or were until recently. */
export function problemsOf(instances: readonly AgentInstance[], nowMs: number): readonly Problem[] {
  const having = instances.filter(
    ({ problem, readyAtMs, status, heartbeatAtMs }) =>
      // An agent that was ready has worked: one task crashed it, which is that task's problem.
      problem !== undefined &&
      readyAtMs === undefined &&
      (isLive(status) || nowMs - heartbeatAtMs < PROBLEM_MS),
  );
  return [...Map.groupBy(having, ({ problem = '' }) => oneLine(problem))]
    .map(([text, agents]) => ({
      text,
      agents: agents.length,
      latestAtMs: Math.max(...agents.map(({ heartbeatAtMs }) => heartbeatAtMs)),
    }))
    .toSorted((a, b) => b.latestAtMs - a.latestAtMs);
}

/** An agent may write what it likes into its own record. */
function oneLine(problem: string): string {
  return cleanText(problem, PROBLEM_CHARACTERS).replaceAll(/\s*\n\s*/g, ' ');
}

function viewAgent(instance: AgentInstance): AgentView {
  const { id, status, statusSinceMs, heartbeatAtMs, launchedAtMs, revision, contextBytes } = instance;
  const { slots, tasks, heldUpSinceMs, problem } = instance;
  return {
    id,
    status,
    statusSinceMs,
    heartbeatAtMs,
    launchedAtMs,
    revision,
    contextBytes,
    slots,
    taskIds: Object.keys(tasks),
    ...(heldUpSinceMs !== undefined && { heldUpSinceMs }),
    ...(problem !== undefined && { problem: oneLine(problem) }),
  };
}
