import type { PoolConfig } from '../../shared/core/pool/config.ts';
import { objectiveOf } from './labels.ts';
import type { WhatIfPoint } from './what-if.ts';

/** A change that saves less isn't worth making, on arrivals that will not come again exactly. */
const LEAST_SAVING = 0.01;

type Recommendation = { readonly recommended?: WhatIfPoint; readonly why: string };

/** Whether a point is the better choice: it meets the objective, then it's the cheaper one, or else comes closer. */
export function isBetter(a: WhatIfPoint, b: WhatIfPoint): boolean {
  if (a.meetsObjective !== b.meetsObjective) return a.meetsObjective;
  return a.meetsObjective ? a.agentsPaid < b.agentsPaid : a.within > b.within;
}

/**
 * The cheapest of today's settings, the changed ones and the candidates that meets the objective over the whole trace.
 * Those within 1 % of it count as no dearer, and of them the earliest is recommended: today's, if it's there. All of this
 * is with hindsight.
 */
export function recommend(
  points: readonly WhatIfPoint[],
  objective: PoolConfig['objective'],
): Recommendation {
  const own = points.filter(({ role }) => role === 'today' || role === 'changed' || role === 'candidate');
  const today = own.find(({ role }) => role === 'today');
  const [first, ...others] = own;
  if (first === undefined) return { why: 'nothing was run' };
  const cheapest = others.reduce((found, point) => (isBetter(point, found) ? point : found), first);
  const asGood = own.find(
    ({ meetsObjective, agentsPaid }) =>
      meetsObjective && agentsPaid * (1 - LEAST_SAVING) <= cheapest.agentsPaid,
  );
  const best = asGood ?? cheapest;
  const tried = own.length === 1 ? 'the only settings tried' : `the ${own.length} settings tried`;
  const aim = objectiveOf(objective);
  if (!best.meetsObjective) {
    const why =
      own.length === 1
        ? `today’s settings miss ${aim}, with ${percentOf(best)}, and nothing else was tried`
        : `none of ${tried} meets ${aim}: ${nameOf(best)} comes closest, with ${percentOf(best)}`;
    return { why };
  }
  if (!today?.meetsObjective) {
    const missed = today ? `today’s settings miss ${aim}, with ${percentOf(today)}; ` : '';
    return recommended(
      best,
      `${missed}${nameOf(best)} is the cheapest of ${tried} that meets it, with ${percentOf(best)}`,
    );
  }
  if (best === today) {
    const why =
      own.length === 1
        ? `today’s settings meet ${aim}, with ${percentOf(today)}, and nothing else was tried`
        : `today’s settings are the best already: they meet ${aim}, with ${percentOf(today)}, and none of ${tried} that does costs at least 1 % less`;
    return recommended(today, why);
  }
  const saving = 1 - best.agentsPaid / today.agentsPaid;
  return recommended(
    best,
    `${nameOf(best)} costs ${(100 * saving).toFixed(0)} % less than today’s settings and meets ${aim}, with ${percentOf(best)}`,
  );
}

function recommended(point: WhatIfPoint, why: string): Recommendation {
  return { recommended: { ...point, role: 'recommended' }, why };
}

function nameOf({ role, label }: WhatIfPoint): string {
  return role === 'today' ? 'today’s' : label;
}

/** Rounded down, so that what misses 95 % never reads as 95.0 %. */
function percentOf({ within }: WhatIfPoint): string {
  return `${(Math.floor(1000 * within + 1e-9) / 10).toFixed(1)} %`;
}
