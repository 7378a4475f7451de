import { missingData } from './guards/data-quality.ts';
import type { Inputs } from './inputs.ts';
import { idle } from './observation.ts';

/** Agents that are more than desired, and what is done about them. */
export type Surplus = {
  /** Let go now. */
  readonly drain: readonly string[];
  /** To take no further task. */
  readonly retire: readonly string[];
};

/**
 * More agents are at work than desired when a deployment starts new ones beside the old, which are protected and so stay,
 * and when the count was lowered for an agent that had died already. ECS cannot choose among them, since all are
 * protected. Those of an old version go first, as many as there are too many: the pool never has fewer than desired, and
 * none is stopped in the middle of a task. A new agent that ECS refuses protection counts as at work: it waits for another
 * to give up its own. Beyond a deployment an agent goes only if ECS counts one too many as well: the records may still
 * hold one that has died.
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
