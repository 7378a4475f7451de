import type { Surplus } from '../../shared/core/surplus.ts';
import { NOW_MS, pool } from './build.ts';

/** ECS runs twice as many as desired. */
export const fleet = { desired: 2, running: 4, pending: 0, revision: 'agents:2' };
export const context = { nowMs: NOW_MS, config: pool(), generation: 1, fleet };

/** A decision that holds at a desired count, which is just the goal. */
export const at = (desired: number) => ({
  decision: { kind: 'hold' as const, at: desired, reason: { code: 'Steady' as const, text: '' } },
  desired,
  goal: exactly(desired),
});

export const exactly = (count: number) => ({ atLeast: count, atMost: count, bound: count });

export const surplus = (changes: Partial<Surplus>): Surplus => ({
  drain: [],
  replace: [],
  retire: [],
  resume: [],
  ...changes,
});
