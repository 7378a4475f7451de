import { type DecisionRecord, desiredAfter } from './decision-record.ts';

/**
 * A pool without tasks and agents, of which none is wanted: nothing but a new task can change anything, so it is
 * looked at once a minute only and is told to be looked at, no more. Whoever lets a pool scale to zero accepts a
 * start-up before the first task; half a minute more until it is noticed costs nothing then.
 */
export function isIdlePool(record: DecisionRecord): boolean {
  const { queue, fleet, agents } = record.observation;
  if (queue.kind === 'unknown' || fleet.kind === 'unknown' || agents.kind === 'unknown') return false;
  const { visible, inFlight, delayed } = queue.value;
  const { starting, ready, busy, cooldown, draining, unresponsive, unreadable } = agents.value;
  const { desired, running, pending } = fleet.value;
  const tasks = visible + inFlight + delayed;
  const records = starting + ready + busy + cooldown + draining + unresponsive + unreadable;
  return tasks + records + desired + running + pending === 0 && desiredAfter(record) === 0;
}
