import { percent } from '../format.ts';
import type { Standing } from './objective.ts';

const WORDS = { kept: 'kept', 'at risk': 'at risk', missed: 'missed' } as const;

/** The objective and how much of the error budget is left, as a meter with words. */
export function BudgetMeter({ standing, within }: { readonly standing: Standing; readonly within: number }) {
  if (standing.kind === 'unknown') return <span class="quiet">no task has started yet</span>;
  const { kind, attained, wanted, budgetLeft } = standing;
  return (
    <span class={`budget ${kind.replace(' ', '-')}`}>
      <span class="budget-word">{WORDS[kind]}</span>
      <meter
        min={0}
        max={1}
        value={budgetLeft}
        aria-label="error budget left"
        title={`${percent(attained)} started within ${within} s; the objective asks for ${percent(wanted)}`}
      />
      <span class="number">{Math.round(100 * budgetLeft)} % left</span>
    </span>
  );
}
