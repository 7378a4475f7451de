import type { Observation } from '../observation.ts';
import type { Memory } from '../pool/state.ts';
import { change, type Guard } from './step.ts';

/** A start may take this many times the measured start-up time; after that it's overdue. */
const OVERDUE_STARTUPS = 2;
/** Starts overdue for longer than this mean that ECS is short of capacity. */
const NOT_PLACED_AFTER_MS = 180_000;

/** Doesn't grow while ECS can't place the agents already requested: requesting more wouldn't help. */
export const capacityPlaced: Guard = (wanted, { desired, state, observation }) => {
  if (wanted <= desired) return undefined;
  const missing = notPlaced(state.overdue, observation.atMs);
  if (missing === 0) return undefined;
  return change(
    wanted,
    desired,
    'CapacityNotPlaced',
    `ECS hasn't started ${missing} of the requested agents`,
  );
};

/** Agents that ECS can't place: overdue for minutes. */
export function notPlaced(overdue: Memory['overdue'], atMs: number): number {
  return overdue !== undefined && atMs - overdue.sinceMs > NOT_PLACED_AFTER_MS ? overdue.count : 0;
}

/** Agents that should be running by now but aren't. */
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
