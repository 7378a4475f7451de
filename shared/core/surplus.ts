import type { Decision } from './decision.ts';
import { missingData } from './guards/data-quality.ts';
import type { Inputs } from './inputs.ts';
import { type Agents, idle } from './observation.ts';

/** What to do about agents beyond those that should take tasks. */
export type Surplus = {
  /** Agents without tasks to drain now, because ECS replaces them. */
  readonly drain: readonly string[];
  /** Agents at work that finish their tasks and exit, because ECS replaces them. */
  readonly replace: readonly string[];
  /** Agents at work to drain, so that the desired count can be lowered once they're without tasks. */
  readonly retire: readonly string[];
  /** Draining agents that take tasks again, because the pool has grown before they were without any. */
  readonly resume: readonly string[];
};

type Decided = {
  readonly decision: Decision;
  /** The desired count after it. */
  readonly desired: number;
  /**
   * The agents that should take tasks: a band, as policies want it, with everything that bounds it but the agents at
   * work; and the most that a bound, a pin or a provider's limit allows.
   */
  readonly goal: { readonly atLeast: number; readonly atMost: number; readonly bound: number };
};

const NOTHING: Surplus = { drain: [], replace: [], retire: [], resume: [] };

/** Chooses the surplus to drain, and the drains to take back. */
export function surplusOf(inputs: Inputs, decided: Decided): Surplus | undefined {
  const { agents } = inputs.observation;
  if (agents.kind === 'unknown' || inputs.mode.kind === 'paused') return undefined;
  const { decision, desired } = decided;
  // One action at a time: a scale-in doesn't also replace agents.
  const replacing = decision.kind === 'scale-in' ? NOTHING : replaced(inputs, agents.value, desired);
  const gathered = consolidated(agents.value, decided, {
    replace: replacing.replace,
    concurrency: inputs.config.concurrency,
  });
  const surplus = { ...replacing, ...gathered };
  return Object.values(surplus).every((ids) => ids.length === 0) ? undefined : surplus;
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
  const { outdated, unprotected, busy, draining, consolidating, victims } = agents;
  const surplus = Math.max(0, idle(agents) + busy + consolidating.agents + unprotected - desired);
  const old = outdated.ready.slice(0, surplus);
  const replace = outdated.working.slice(0, surplus - old.length);
  const going = draining - consolidating.agents + old.length + replace.length;
  const isSure = fleet.kind === 'known' && missingData(observation) === undefined;
  const placed = isSure ? fleet.value.running + fleet.value.pending - going - desired : 0;
  const current = victims
    .filter((id) => !outdated.ready.includes(id))
    .slice(0, Math.max(0, Math.min(surplus - old.length - replace.length, placed)));
  return { ...NOTHING, drain: [...old, ...current], replace };
}

/**
 * Gathers the work on as many agents as should take tasks. What's beyond them, and not idle or about to be, is drained as
 * far as others have room for as much: it finishes its tasks and takes no others. Otherwise, agents with a few tasks each
 * would never become idle. An agent whose slots are all used is drained only for a bound, since a pool with a backlog
 * would never come down to a lowered maximum.
 *
 * A drain is taken back as soon as more agents should take tasks: an agent that's there is worth more than one that
 * starts.
 */
function consolidated(
  agents: Agents,
  { decision, desired, goal }: Decided,
  { replace, concurrency }: { readonly replace: readonly string[]; readonly concurrency: number },
): Pick<Surplus, 'retire' | 'resume'> {
  const { busy, ready, cooldown, slots, consolidating, working, resumable, changing } = agents;
  // That's finished before anything else.
  if (decision.reason.code === 'DrainUnfinished') return { retire: [], resume: [] };
  const victims = decision.kind === 'scale-in' ? decision.victims : [];
  const finished = Math.min(consolidating.empty, victims.length);
  const draining = consolidating.agents - finished;
  const atWork = desired - draining;
  if (atWork < goal.atLeast) {
    const back = resumable.filter((id) => !victims.includes(id));
    return { retire: [], resume: back.slice(0, goal.atLeast - atWork) };
  }
  // Not all of them have the slots yet by which so few agents are enough.
  if (changing > 0) return { retire: [], resume: [] };
  // Starting agents and those in cooldown are about to be idle, and then they're scaled in first.
  const present = busy + ready - (victims.length - finished) - replace.length;
  const candidates = working.filter((id) => !replace.includes(id));
  const beyond = Math.min(atWork, present);
  const spare = Math.floor(Math.max(0, slots.free / concurrency - ready - cooldown));
  const retired = Math.min(beyond - goal.atMost, Math.max(spare, beyond - goal.bound));
  return { retire: candidates.slice(0, Math.max(0, retired)), resume: [] };
}
