import type { DecisionView } from '../../../shared/views/decision-view.ts';

/** What each policy wanted, as bars on one scale, with the count before and after. */
export function Wishes({ decision: { proposals, from, desired } }: { readonly decision: DecisionView }) {
  const wishes = proposals.filter((proposal) => proposal.kind === 'want');
  const abstaining = proposals.filter((proposal) => proposal.kind === 'abstain');
  const most = Math.max(1, from ?? 0, desired ?? 0, ...wishes.map((each) => each.keep ?? each.desired));
  const share = (value: number) => `${(100 * value) / most}%`;
  if (proposals.length === 0) return <p class="quiet">no policy was asked</p>;
  return (
    <>
      <ul class="wishes">
        {wishes.map(({ policy, desired: wanted, keep = wanted, why }) => (
          <li key={policy}>
            <span class="policy">{policy}</span>
            <span class="number">{keep > wanted ? `${wanted} to ${keep}` : wanted}</span>
            <span class="bar" aria-hidden="true">
              <span class="keep" style={{ width: share(keep) }} />
              <span class="want" style={{ width: share(wanted) }} />
              {desired !== undefined && <span class="done" style={{ left: share(desired) }} />}
            </span>
            <span class="why">{why}</span>
          </li>
        ))}
      </ul>
      <p class="quiet">
        The line is what was done: {desired ?? 'unknown'}. The light part of a bar is what a policy would
        keep.
      </p>
      {abstaining.map(({ policy, why }) => (
        <p key={policy} class="quiet">
          {policy} wants nothing: {why}
        </p>
      ))}
    </>
  );
}
