import { type Observation, STALE_AFTER_MS } from '../observation.ts';
import { type Guard, limit } from './guard.ts';

/** Ticks in a row that must find the pool empty before the last agent is scaled in. */
const EMPTY_TICKS = 3;

/** Scales to zero only when several ticks agree, because SQS counts are approximate. */
export const confirmedEmpty: Guard = ({ memory }) => {
  if (memory.emptyTicks >= EMPTY_TICKS) return undefined;
  const text = `empty for ${memory.emptyTicks} of ${EMPTY_TICKS} ticks`;
  return limit(1, { code: 'ConfirmingEmpty', text, until: `it is empty for ${EMPTY_TICKS} ticks` });
};

/** Doesn't shrink on missing or stale data: what couldn't be read isn't zero. */
export const completeData: Guard = ({ observation, desired }) => {
  const missing = missingData(observation);
  return missing === undefined
    ? undefined
    : limit(desired, { code: 'DataMissing', text: missing, until: 'everything can be read' });
};

/** Why the observation isn't complete enough to shrink on; undefined when it is. */
export function missingData({ atMs, queue, fleet, agents }: Observation): string | undefined {
  if (queue.kind === 'unknown') return `the queue could not be read: ${queue.reason}`;
  if (fleet.kind === 'unknown') return `the service could not be read: ${fleet.reason}`;
  if (agents.kind === 'unknown') return `the agents could not be read: ${agents.reason}`;
  const ageMs = atMs - Math.min(queue.atMs, fleet.atMs, agents.atMs);
  if (ageMs > STALE_AFTER_MS) return `the readings are ${Math.round(ageMs / 1000)} s old`;
  return undefined;
}
