import type { Observation } from '../observation.ts';
import type { Memory } from '../pool/state.ts';
import { type Guard, limit } from './guard.ts';

/** A start may take this many times the measured start-up time; after that it's overdue. */
const OVERDUE_STARTUPS = 2;
/** Starts overdue for longer than this have not been placed. */
const NOT_PLACED_AFTER_MS = 180_000;
/**
 * ECS is short of capacity when it hasn't placed more than this share of the agents, and more than one. A large fleet
 * always has some agent that is being replaced, and one that can't start holds up only itself.
 */
const SHORTAGE_SHARE = 0.1;

/** Doesn't grow while ECS can't place the agents already requested: requesting more wouldn't help. */
export const capacityPlaced: Guard = ({ desired, memory, observation: { atMs } }) => {
  const missing = notPlaced(memory.overdue, atMs);
  if (missing <= Math.max(1, SHORTAGE_SHARE * desired)) return undefined;
  const text = `ECS hasn't started ${missing} of the requested agents`;
  return limit(desired, { code: 'CapacityNotPlaced', text, until: 'ECS has capacity for them' });
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
  const { desired, running } = fleet.value;
  const count = desired - running - requestedLately(changes, atMs, startupSeconds);
  return count > 0 ? { sinceMs: overdue?.sinceMs ?? atMs, count } : undefined;
}

/** Agents requested recently enough to be still starting. */
export function requestedLately(changes: Memory['changes'], atMs: number, startupSeconds: number): number {
  const sinceMs = atMs - OVERDUE_STARTUPS * startupSeconds * 1000;
  return changes.reduce((sum, change) => (change.atMs > sinceMs && change.by > 0 ? sum + change.by : sum), 0);
}
