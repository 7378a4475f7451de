import { useState } from 'preact/hooks';
import type { WhatIfPoint } from '../../../sim/what-if/what-if.ts';
import { act, readBacktestInput, type Settings } from '../api.ts';
import { useLoaded } from '../load.ts';
import { Confirm } from '../parts/dialog.tsx';

type Props = {
  readonly pool: string;
  readonly point: WhatIfPoint;
  /** The settings that the point's values differ from: those in force when it was run. */
  readonly today: Settings;
  readonly canAct: boolean;
};

/** The settings in force are read again: an override takes effect with the pool's next tick. */
const REFRESH_MS = 3_000;

/** Puts the settings of a point in force, or says how. */
export function Apply({ pool, point, today, canAct }: Props) {
  const [isAsking, setIsAsking] = useState(false);
  const [said, setSaid] = useState('');
  const { objective, ...settable } = point.values ?? {};
  const input = useLoaded(pool, () => readBacktestInput(pool, Date.now()), REFRESH_MS);
  const now = (input.kind === 'loaded' ? input.value?.settings : undefined) ?? today;
  // All of what was simulated, not only what differed from the settings of then.
  const wanted = Object.entries({ ...today, ...settable });
  const differing = wanted.filter(([name, value]) => text(now[name]) !== text(value));
  if (point.values === undefined) return <p class="quiet">“{point.label}” isn't a setting of this pool.</p>;
  return (
    <div class="apply">
      {objective && (
        <p>
          The objective is part of the deployment: set <code>objective: {JSON.stringify(objective)}</code> in{' '}
          <code>pools.config.ts</code> and deploy.
        </p>
      )}
      {differing.length === 0 && !objective && <p class="quiet">These settings are in force already.</p>}
      {differing.length > 0 && !canAct && (
        <p>
          <code>
            agentpool set {pool} {differing.map(([name, value]) => `'${name}=${text(value)}'`).join(' ')}
          </code>
        </p>
      )}
      {differing.length > 0 && canAct && (
        <button type="button" class="primary" onClick={() => setIsAsking(true)}>
          Apply to {pool}
        </button>
      )}
      <p role="status">{said}</p>
      {isAsking && (
        <Confirm
          title={`Change ${pool}?`}
          confirm="Apply"
          onClose={() => setIsAsking(false)}
          onConfirm={() =>
            void act({ do: 'set', pool, values: Object.fromEntries(differing) }).then(
              setSaid,
              (error: Error) => setSaid(error.message),
            )
          }
        >
          <table>
            <thead>
              <tr>
                <th>Setting</th>
                <th>Now</th>
                <th>Then</th>
              </tr>
            </thead>
            <tbody>
              {differing.map(([name, value]) => (
                <tr key={name}>
                  <td>{name}</td>
                  <td>{text(now[name])}</td>
                  <td>{text(value)}</td>
                </tr>
              ))}
            </tbody>
          </table>
          <p class="quiet">It's an operator's override, in force from the next tick until it's taken back.</p>
        </Confirm>
      )}
    </div>
  );
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? 'none');
}
