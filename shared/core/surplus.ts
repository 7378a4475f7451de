import type { Decision } from './decision.ts';
import { missingData } from './guards/data-quality.ts';
import type { Inputs } from './inputs.ts';
import { type Agents, idle } from './observation.ts';

/** What to do about agents beyond the desired count. */
export type Surplus = {
  /** Agents to drain now. */
  readonly drain: readonly string[];
  /** Agents that take no further task. */
  readonly retire: readonly string[];
};

type Decided = {
  readonly decision: Decision;
  /** The desired count after it. */
  readonly desired: number;
  /** The most agents that a bound or a pin allows. */
  readonly atMost: number;
};

/** Chooses the surplus to drain or retire. */
export function surplusOf(inputs: Inputs, { decision, desired, atMost }: Decided): Surplus | undefined {
  const { agents } = inputs.observation;
  if (agents.kind === 'unknown' || inputs.mode.kind === 'paused') return undefined;
  // One action at a time: a scale-in doesn't also replace agents.
  const { drain, retire } =
    decision.kind === 'scale-in' ? { drain: [], retire: [] } : replaced(inputs, agents.value, desired);
  const beyond = overBound(agents.value, { desired, atMost }).filter((id) => !retire.includes(id));
  return drain.length + retire.length + beyond.length === 0
    ? undefined
    : { drain, retire: [...retire, ...beyond] };
}

/**
 * A pool has more agents than desired when a deployment starts new ones next to the old, which are protected and so
 * stay, or when the count was lowered for an agent that was already dead. ECS can't choose among them, because all are
 * protected.
 *
 * Agents of an old version go first, one for each agent too many, so the pool never has fewer than desired and no task
 * is interrupted. A new agent that ECS refuses protection counts as at work: it waits for another one to release its
 * own. Outside a deployment, an agent is drained only if ECS also counts one too many, because the records may still
 * include an agent that has died.
 */
function replaced({ observation }: Inputs, agents: Agents, desired: number): Surplus {
  const { fleet } = observation;
  const { outdated, retiring, unprotected, busy, draining, victims } = agents;
  const atWork = idle(agents) + busy - retiring + unprotected;
  const surplus = Math.max(0, atWork - desired);
  const old = outdated.ready.slice(0, surplus);
  const retire = outdated.working.slice(0, surplus - old.length);
  const going = draining + retiring + old.length + retire.length;
  const isSure = fleet.kind === 'known' && missingData(observation) === undefined;
  const placed = isSure ? fleet.value.running + fleet.value.pending - going - desired : 0;
  const current = victims
    .filter((id) => !outdated.ready.includes(id))
    .slice(0, Math.max(0, Math.min(surplus - old.length - retire.length, placed)));
  return { drain: [...old, ...current], retire };
}

/**
 * The agents at work beyond a bound. They finish their tasks and take no others; otherwise a pool with a backlog would
 * never come down to a lowered maximum, since none of its agents is ever idle.
 */
function overBound(
  agents: Agents,
  { desired, atMost }: { readonly desired: number; readonly atMost: number },
): readonly string[] {
  const atWork = Math.min(desired, idle(agents) + agents.busy);
  return agents.working.slice(0, Math.max(0, atWork - atMost - agents.retiring));
}
