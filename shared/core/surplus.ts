import { missingData } from './guards/data-quality.ts';
import type { Inputs } from './inputs.ts';
import { idle } from './observation.ts';

/** What to do about agents beyond the desired count. */
export type Surplus = {
  /** Agents to drain now. */
  readonly drain: readonly string[];
  /** Agents that take no further task. */
  readonly retire: readonly string[];
};

/**
 * Chooses the surplus to drain. A pool has more agents than desired when a deployment starts new ones next to the old,
 * which are protected and so stay, or when the count was lowered for an agent that was already dead. ECS can't choose
 * among them, because all are protected.
 *
 * Agents of an old version go first, one for each agent too many, so the pool never has fewer than desired and no task
 * is interrupted. A new agent that ECS refuses protection counts as at work: it waits for another one to release its
 * own. Outside a deployment, an agent is drained only if ECS also counts one too many, because the records may still
 * include an agent that has died.
 */
export function surplusOf({ observation, mode }: Inputs, desired: number): Surplus | undefined {
  const { agents, fleet } = observation;
  if (agents.kind === 'unknown' || mode.kind === 'paused') return undefined;
  const { outdated, unprotected, busy, draining, victims } = agents.value;
  const atWork = idle(agents.value) + busy - outdated.retiring + unprotected;
  const surplus = Math.max(0, atWork - desired);
  const old = outdated.ready.slice(0, surplus);
  const retire = outdated.working.slice(0, surplus - old.length);
  const going = draining + outdated.retiring + old.length + retire.length;
  const isSure = fleet.kind === 'known' && missingData(observation) === undefined;
  const placed = isSure ? fleet.value.running + fleet.value.pending - going - desired : 0;
  const current = victims
    .filter((id) => !outdated.ready.includes(id))
    .slice(0, Math.max(0, Math.min(surplus - old.length - retire.length, placed)));
  const drain = [...old, ...current];
  return drain.length + retire.length === 0 ? undefined : { drain, retire };
}
