import { type Blocked, blockedBacklog } from './blocked.ts';
import type { Forecast } from './forecast/signals.ts';
import { spentUntil } from './guards/budget.ts';
import { overdueStarts } from './guards/capacity.ts';
import type { Inputs } from './inputs.ts';
import { lineSecondsOf } from './limit-line.ts';
import type { Observation } from './observation.ts';
import type { Memory } from './pool/state.ts';

/** Changes of the desired count are remembered for longer than any start-up takes. */
const CHANGES_MS = 15 * 60_000;

/** The pool's memory after this tick's readings. */
export function renewMemory(inputs: Inputs, { startupSeconds }: Forecast): Memory {
  const { observation, state } = inputs;
  const { atMs, fleet } = observation;
  const { changes, recommendations, emptyTicks, spending, wanted } = state;
  const recent = changes.filter((change) => change.atMs > atMs - CHANGES_MS);
  const overdue = overdueStarts(observation, { ...state, changes: recent }, startupSeconds);
  const blocked = blockedNow(inputs);
  return {
    ...(wanted !== undefined && { wanted }),
    recommendations,
    changes: recent,
    emptyTicks: isEmpty(observation) ? emptyTicks + 1 : 0,
    spending: spentUntil(
      atMs,
      fleet.kind === 'known' ? fleet.value.running + fleet.value.pending : (state.desired ?? 0),
      spending,
    ),
    ...(overdue && { overdue }),
    ...(blocked && { blocked }),
  };
}

/** The messages blocked by an earlier turn of their conversation, after this tick's readings. */
export function blockedNow({ observation, state, config }: Inputs): Blocked | undefined {
  const { atMs, queue, agents } = observation;
  if (queue.kind === 'unknown' || agents.kind === 'unknown') return state.blocked;
  const lineSeconds = Math.max(0, ...config.limits.map(({ name }) => lineSecondsOf(name, observation)));
  return blockedBacklog(
    { queue: queue.value, agents: agents.value, lineSeconds, atMs },
    state.blocked,
    config,
  );
}

function isEmpty({ queue, agents }: Observation): boolean {
  if (queue.kind === 'unknown' || agents.kind === 'unknown') return false;
  const { visible, inFlight, delayed } = queue.value;
  return visible + inFlight + delayed + agents.value.busy === 0;
}
