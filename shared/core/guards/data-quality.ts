import { type Observation, STALE_AFTER_MS } from '../observation.ts';
import { change, type Guard } from './step.ts';

/** Ticks in a row that must find the pool empty before the last agent is scaled in. */
const EMPTY_TICKS = 3;

/** Scales to zero only when several ticks agree, because SQS counts are approximate. */
export const confirmedEmpty: Guard = (wanted, { desired, state }) => {
  if (wanted > 0 || desired === 0 || state.emptyTicks >= EMPTY_TICKS) return undefined;
  return change(wanted, 1, 'ConfirmingEmpty', `empty for ${state.emptyTicks} of ${EMPTY_TICKS} ticks`);
};

/** Doesn't shrink on missing or stale data: what couldn't be read isn't zero. */
export const completeData: Guard = (wanted, { observation, desired }) => {
  if (wanted >= desired) return undefined;
  const missing = missingData(observation);
  return missing === undefined ? undefined : change(wanted, desired, 'DataMissing', missing);
};

/** Why the observation isn't complete enough to shrink on; undefined when it is. */
export function missingData({ atMs, queue, fleet, agents }: Observation): string | undefined {
  if (queue.kind === 'unknown') return `the queue could not be read: ${queue.reason}`;
  if (fleet.kind === 'unknown') return `the service could not be read: ${fleet.reason}`;
  if (agents.kind === 'unknown') return `the agents could not be read: ${agents.reason}`;
  const ageMs = atMs - Math.min(queue.atMs, fleet.atMs, agents.atMs);
  if (ageMs > STALE_AFTER_MS) return `the readings are ${Math.round(ageMs / 1000)} s old`;
  if (agents.value.unreadable > 0) return `unreadable agent records: ${agents.value.unreadable}`;
  if (agents.value.unresponsive > 0) return `unresponsive agents: ${agents.value.unresponsive}`;
  return undefined;
}
