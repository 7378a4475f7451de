import type { PoolView } from '../../../shared/views/pool-view.ts';

/** How a pool stands to its objective. */
export type Standing =
  | { readonly kind: 'unknown' }
  | {
      readonly kind: 'kept' | 'at risk' | 'missed';
      /** Share of recent tasks that started in time, 0 to 1, and what the objective asks for. */
      readonly attained: number;
      readonly wanted: number;
      /** Share of the error budget that's left, 0 to 1: of the tasks that may be late, those that weren't. */
      readonly budgetLeft: number;
    };

/** With less than this left of the error budget, the objective is at risk. */
const AT_RISK = 0.2;

export function standingOf({ decision }: Pick<PoolView, 'decision'>): Standing {
  const { bounds, expected } = decision ?? {};
  if (!bounds || expected?.attained === undefined) return { kind: 'unknown' };
  const wanted = bounds.objective.percent / 100;
  const { attained } = expected;
  const left = 1 - (1 - attained) / (1 - wanted);
  const kind = left < 0 ? 'missed' : left < AT_RISK ? 'at risk' : 'kept';
  return { kind, attained, wanted, budgetLeft: Math.min(1, Math.max(0, left)) };
}
