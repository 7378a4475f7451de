import { budget } from './budget.ts';
import { capacityPlaced } from './capacity.ts';
import { ceiling } from './ceiling.ts';
import { completeData, confirmedEmpty } from './data-quality.ts';
import { type Guard, type GuardContext, highest, type Limit, limit, lowest } from './guard.ts';
import { possible } from './possible.ts';
import { growthRate, shrinkRate } from './rate-limit.ts';
import { stabilization } from './stabilization.ts';

/** What the pool never exceeds, except to keep its minimum. An operator's pin doesn't either. */
const BOUNDS: readonly Guard[] = [max, budget, ceiling];
/** What blocks growth. */
const GROWTH: readonly Guard[] = [growthRate, capacityPlaced];
/** What blocks shrinking. */
const SHRINKING: readonly Guard[] = [stabilization, shrinkRate, completeData, confirmedEmpty];

/** A change that a guard made to the wanted count: from 12 to 10, because the maximum is 10. */
export type GuardStep = { readonly from: number; readonly to: number; readonly reason: Limit['reason'] };

export type Guarded = {
  readonly allowed: number;
  /** The changes made, in their order; the last one is binding. A bound may make two: what blocks shrinking is between. */
  readonly steps: readonly GuardStep[];
  /** What would be allowed if agents at work could be stopped: as many should take tasks. */
  readonly goal: number;
  /** The most that a bound or a pin allows. */
  readonly bound: number;
};

/**
 * Limits a wanted count. The order within a list doesn't matter, since the tightest limit binds. The minimum, a bound
 * or a pin is obeyed in every state of the fleet: what blocks growth or shrinking applies only to what policies want.
 */
export function guard(wanted: number, context: GuardContext, bounds: readonly Guard[] = BOUNDS): Guarded {
  const { desired, config, mode } = context;
  const steps: GuardStep[] = [];
  let allowed = wanted;
  const to = (count: number, bound: Limit | undefined) => {
    if (bound === undefined || count === allowed) return;
    steps.push({ from: allowed, to: count, reason: bound.reason });
    allowed = count;
  };

  const isPinned = mode.kind === 'pinned';
  const upper = lowest(bounds, context);
  const atMost = Math.max(config.min, Math.min(upper?.count ?? wanted, isPinned ? wanted : Infinity));
  if (upper) to(Math.min(wanted, upper.count), upper);
  to(Math.max(allowed, config.min), min(context));
  if (allowed > desired && !isPinned) {
    const most = lowest(GROWTH, context);
    if (most) to(Math.max(desired, config.min, Math.min(allowed, most.count)), most);
  }
  if (allowed < desired) {
    if (!isPinned) {
      const least = highest(SHRINKING, context);
      const unblocked = allowed;
      if (least) to(Math.min(desired, Math.max(allowed, least.count)), least);
      // A bound is obeyed whatever blocks shrinking, and then it's what binds.
      if (upper) to(Math.min(allowed, Math.max(atMost, unblocked)), upper);
    }
  }
  const goal = allowed;
  if (allowed < desired) {
    const least = possible(context);
    to(Math.min(desired, Math.max(allowed, least.count)), least);
  }
  return { allowed, steps, goal, bound: atMost };
}

/** What the pool would have if its ceiling were its only limit: what it claims from the pools it shares one with. */
export function claimOf(wanted: number, context: GuardContext): number {
  return guard(
    wanted,
    context,
    BOUNDS.filter((bound) => bound !== ceiling),
  ).allowed;
}

function max({ config }: GuardContext): Limit {
  return limit(config.max, {
    code: 'AboveMax',
    text: `the maximum is ${config.max}`,
    until: 'max is raised',
  });
}

function min({ config }: GuardContext): Limit {
  return limit(config.min, {
    code: 'BelowMin',
    text: `the minimum is ${config.min}`,
    until: 'min is lowered',
  });
}
