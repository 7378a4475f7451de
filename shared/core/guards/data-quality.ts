import { type Observation, STALE_AFTER_MS } from '../observation.ts';
import type { Memory } from '../pool/state.ts';
import { change, type Guard } from './step.ts';

/** Looks in a row that have to see nothing to do before the last agent is let go. */
const EMPTY_TICKS = 3;

/** Scales to zero only when several looks agree: the counts of SQS are approximate. */
export const confirmedEmpty: Guard = (wanted, { desired, state }) => {
  if (wanted > 0 || desired === 0 || state.emptyTicks >= EMPTY_TICKS) return undefined;
  return change(
    wanted,
    1,
    'ConfirmingEmpty',
    `${state.emptyTicks} of ${EMPTY_TICKS} looks saw nothing to do`,
  );
};

/** A start takes up to so many measured start-ups; what is missing for longer is overdue. */
const OVERDUE_STARTUPS = 2;
/** Overdue for so long, ECS has to be short of capacity. */
const NOT_PLACED_AFTER_MS = 180_000;

/** While ECS cannot place what was asked for, asking for more does not help. */
export const capacityPlaced: Guard = (wanted, { desired, state, observation }) => {
  if (wanted <= desired) return undefined;
  const missing = notPlaced(state.overdue, observation.atMs);
  if (missing === 0) return undefined;
  return change(
    wanted,
    desired,
    'CapacityNotPlaced',
    `ECS has not started ${missing} agents that were asked for long ago`,
  );
};

/** Agents that ECS does not place: overdue for minutes. */
export function notPlaced(overdue: Memory['overdue'], atMs: number): number {
  return overdue !== undefined && atMs - overdue.sinceMs > NOT_PLACED_AFTER_MS ? overdue.count : 0;
}

/** Agents that should be running by now and are not. */
export function overdueStarts(
  { atMs, fleet }: Observation,
  { changes, overdue }: Memory,
  startupSeconds: number,
): Memory['overdue'] {
  if (fleet.kind === 'unknown') return overdue;
  const sinceMs = atMs - OVERDUE_STARTUPS * startupSeconds * 1000;
  const recently = changes.reduce((sum, { atMs: at, by }) => (at > sinceMs && by > 0 ? sum + by : sum), 0);
  const count = fleet.value.desired - fleet.value.running - recently;
  return count > 0 ? { sinceMs: overdue?.sinceMs ?? atMs, count } : undefined;
}

/** What could not be read is not zero: nothing shrinks on it. */
export const completeData: Guard = (wanted, { observation, desired }) => {
  if (wanted >= desired) return undefined;
  const missing = missingData(observation);
  return missing === undefined ? undefined : change(wanted, desired, 'DataMissing', missing);
};

/** One action at a time: nothing shrinks while agents still start or stop. */
export const settled: Guard = (wanted, { observation: { agents, fleet }, desired }) => {
  if (wanted >= desired || agents.kind === 'unknown' || fleet.kind === 'unknown') return undefined;
  const { starting, draining } = agents.value;
  const { running, pending } = fleet.value;
  if (starting + draining === 0 && pending === 0 && running === fleet.value.desired) return undefined;
  const text = `${starting} starting, ${draining} draining, ${running} running and ${pending} pending of ${fleet.value.desired}`;
  return change(wanted, desired, 'ActionInProgress', text);
};

/** Only ready agents are let go, so no more than there are. */
export const readyVictims: Guard = (wanted, { observation: { agents }, desired }) => {
  if (wanted >= desired || agents.kind === 'unknown') return undefined;
  const to = Math.max(wanted, desired - agents.value.victims.length);
  return change(wanted, to, 'NoIdleAgent', `${agents.value.victims.length} agents are ready to be let go`);
};

/** Why the observation is not complete enough to shrink on; undefined when it is. */
export function missingData({ atMs, queue, fleet, agents }: Observation): string | undefined {
  if (queue.kind === 'unknown') return `the queue could not be read: ${queue.reason}`;
  if (fleet.kind === 'unknown') return `the service could not be read: ${fleet.reason}`;
  if (agents.kind === 'unknown') return `the agents could not be read: ${agents.reason}`;
  const ageMs = atMs - Math.min(queue.atMs, fleet.atMs, agents.atMs);
  if (ageMs > STALE_AFTER_MS) return `what was read is ${Math.round(ageMs / 1000)} s old`;
  if (agents.value.unreadable > 0) return `${agents.value.unreadable} records of agents could not be read`;
  if (agents.value.unresponsive > 0) return `${agents.value.unresponsive} agents are unresponsive`;
  return undefined;
}
