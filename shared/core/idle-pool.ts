import { type DecisionRecord, desiredAfter } from './decision-record.ts';

/**
 * Whether a pool has no tasks and no agents, and wants none. Only a new task can change that, so the scaler ticks an
 * idle pool once a minute and emits only that it did. This project's clients wake it when they send one; a message by
 * anything else waits for the next tick.
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
