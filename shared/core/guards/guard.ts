import { capacityPlaced } from './capacity.ts';
import { completeData, confirmedEmpty } from './data-quality.ts';
import { bounds, budget, ceiling, rateLimit } from './limits.ts';
import { readyVictims, settled } from './settled.ts';
import { stabilization } from './stabilization.ts';
import type { Guard, GuardContext, GuardStep } from './step.ts';

/** In this order: what was recently wanted, what's allowed, what the data supports, what's possible. */
const GUARDS: readonly Guard[] = [
  stabilization,
  rateLimit,
  budget,
  ceiling,
  bounds,
  confirmedEmpty,
  capacityPlaced,
  completeData,
  settled,
  readyVictims,
];

/** Passes a wanted count through every guard. */
export function guard(
  wanted: number,
  context: GuardContext,
): { readonly allowed: number; readonly steps: readonly GuardStep[] } {
  const steps: GuardStep[] = [];
  let allowed = wanted;
  for (const check of GUARDS) {
    const changed = check(allowed, context);
    if (!changed) continue;
    steps.push({ from: allowed, ...changed });
    allowed = changed.to;
  }
  return { allowed, steps };
}
