import type { Inputs } from './inputs.ts';
import { idle } from './observation.ts';

/** What is done about agents of an old version while a deployment replaces them. */
export type Rollout = {
  /** Let go now. */
  readonly drain: readonly string[];
  /** To take no further task. */
  readonly retire: readonly string[];
};

/**
 * ECS starts agents of a new version beside those of the old one, which are protected and so stay. As many of the old
 * ones go as there are more agents at work than desired: the pool never has fewer, and none is stopped in the middle of
 * a task. A new agent that ECS refuses protection counts as at work: it waits for an old one to give up its own.
 */
export function rollOut({ observation, control }: Inputs, desired: number): Rollout | undefined {
  const { agents } = observation;
  if (agents.kind === 'unknown' || control.kind === 'paused') return undefined;
  const { outdated, unprotected, busy } = agents.value;
  const atWork = idle(agents.value) + busy - outdated.retiring + unprotected;
  const surplus = Math.max(0, atWork - desired);
  const drain = outdated.ready.slice(0, surplus);
  const retire = outdated.working.slice(0, surplus - drain.length);
  return drain.length + retire.length === 0 ? undefined : { drain, retire };
}
