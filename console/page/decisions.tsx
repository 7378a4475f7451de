import { Component } from 'preact';
import { useState } from 'preact/hooks';
import type { DecisionView } from '../../shared/views/decision-view.ts';
import { timeOfDay } from './time.ts';

/** Most decisions on the page. `agentpool history` has the rest. */
const SHOWN = 60;

/** The decisions, latest first. Each expands to show its reasons. */
export function Decisions({ decisions }: { readonly decisions: readonly DecisionView[] }) {
  const [isAll, setIsAll] = useState(false);
  const shown = decisions.filter(({ kind }) => isAll || kind !== 'hold').slice(0, SHOWN);
  return (
    <section aria-labelledby="decisions">
      <h2 id="decisions">Decisions</h2>
      <label>
        <input
          type="checkbox"
          checked={isAll}
          onChange={({ currentTarget }) => setIsAll(currentTarget.checked)}
        />{' '}
        Show decisions that changed nothing
      </label>
      <ol class="decisions" aria-live="polite" aria-relevant="additions">
        {shown.map((decision) => (
          <Decision key={`${decision.pool} ${decision.atMs}`} decision={decision} />
        ))}
      </ol>
      {shown.length === 0 && <p>No decisions yet.</p>}
    </section>
  );
}

type DecisionProps = { readonly decision: DecisionView };

/** Renders once: a decision never changes. */
class Decision extends Component<DecisionProps> {
  override shouldComponentUpdate(): boolean {
    return false;
  }

  override render({ decision: { pool, atMs, kind, desired, reason, sections } }: DecisionProps) {
    return (
      <li>
        <details>
          <summary>
            <time dateTime={new Date(atMs).toISOString()}>{timeOfDay(atMs)}</time> <b>{pool}</b>{' '}
            <span class={`kind ${kind}`}>{kind}</span> {desired ?? '?'}: {reason}
          </summary>
          <table>
            <tbody>
              {sections.map(({ title, text }) => (
                <tr key={`${title} ${text}`}>
                  {title === '' ? <td /> : <th scope="row">{title}</th>}
                  <td>{text}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </details>
      </li>
    );
  }
}
