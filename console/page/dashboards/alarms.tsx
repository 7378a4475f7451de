import type { AlarmNow } from '../../source.ts';

const LABELS: Readonly<Record<AlarmNow['state'], string>> = {
  alarm: 'alarm',
  ok: 'OK',
  unknown: 'no data yet',
};

/** The alarms of a page: firing ones, and the others in a collapsed list. */
export function Alarms({ alarms }: { readonly alarms: readonly AlarmNow[] }) {
  if (alarms.length === 0) return null;
  const on = alarms.filter(({ state }) => state === 'alarm');
  const others = alarms.filter(({ state }) => state !== 'alarm');
  return (
    <div class="alarms">
      <div role="alert">
        <List alarms={on} />
      </div>
      <details>
        <summary>
          {on.length} of {alarms.length} alarms firing
        </summary>
        <List alarms={others} />
      </details>
    </div>
  );
}

function List({ alarms }: { readonly alarms: readonly AlarmNow[] }) {
  return (
    <ul>
      {alarms.map(({ name, description, state }) => (
        <li key={name}>
          <span class={`state ${state}`}>{LABELS[state]}</span> {description}
        </li>
      ))}
    </ul>
  );
}
