import type { DecisionView } from '../../../shared/views/decision-view.ts';

type Props = { readonly decision: DecisionView };

/** What stood between the policies' wishes and the decision: guards, the pool's limits and its bounds. */
export function Bounded({ decision: { guards, limits = [], bounds, code } }: Props) {
  // A limit that held the pool back says so itself.
  const others = limits.filter((text) => !guards.some(({ reason }) => reason.text === text));
  return (
    <>
      {guards.length === 0 && <p class="quiet">nothing stood in the way</p>}
      {guards.length > 0 && (
        <ul class="guards">
          {guards.map(({ from, to, reason }) => (
            <li key={`${from} ${to} ${reason.code}`} class={reason.code === code ? 'binds' : undefined}>
              <span class="number">
                {from} → {to}
              </span>{' '}
              {reason.text} <code>{reason.code}</code>
            </li>
          ))}
        </ul>
      )}
      {others.map((text) => (
        <p key={text}>{text}</p>
      ))}
      {bounds && (
        <p class="quiet">
          min {bounds.min}, max {bounds.max}; {bounds.objective.percent} % within{' '}
          {bounds.objective.withinSeconds} s
        </p>
      )}
    </>
  );
}
