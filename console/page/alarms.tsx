import type { AlarmNow } from '../source.ts';

const WORDS: Readonly<Record<AlarmNow['state'], string>> = {
  alarm: 'alarm',
  ok: 'well',
  unknown: 'not known yet',
};

/** The alarms of a page: those that are on, and behind a line the others. */
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
          {on.length === 0 ? 'None' : on.length} of {alarms.length} alarms on; the others
        </summary>
        <List alarms={others} />
      </details>
    </div>
  );
}

function List({ alarms }: { readonly alarms: readonly AlarmNow[] }) {
  return (
    <ul>
      {alarms.map(({ name, says, state }) => (
        <li key={name}>
          <span class={`state ${state}`}>{WORDS[state]}</span> {says}
        </li>
      ))}
    </ul>
  );
}
