import type { BacktestSummary } from '../api.ts';
import { count, duration } from '../format.ts';
import { goTo } from '../route.ts';

const HOUR_MS = 3_600_000;
const PASTS = {
  'last hour': 1,
  'last 6 hours': 6,
  'last 24 hours': 24,
  'last 7 days': 168,
  'last 14 days': 336,
} as const;
export type Past = keyof typeof PASTS;

export function sinceMs(past: Past): number {
  return Date.now() - PASTS[past] * HOUR_MS;
}

/** A file that was picked in place of what the page knows. */
export type PickedFile = { readonly name: string; readonly csv: string };

/** Whose arrivals are run: a pool's own since some time, or those of one of several traces. */
export type Subject =
  | { readonly kind: 'pool'; readonly name: string }
  | { readonly kind: 'trace'; readonly name: string; readonly traces: readonly string[] };

type Props = {
  readonly subject: Subject;
  readonly found: BacktestSummary;
  readonly past: Past;
  readonly onPast: (past: Past) => void;
  readonly file: PickedFile | undefined;
  readonly onFile: (file: PickedFile | undefined) => void;
};

/** Chooses the arrivals to run. */
export function Arrivals({ subject, found, past, onPast, file, onFile }: Props) {
  return (
    <fieldset>
      <legend>Arrivals</legend>
      {subject.kind === 'pool' && (
        <label>
          From{' '}
          <select value={past} onChange={({ currentTarget }) => onPast(currentTarget.value as Past)}>
            {Object.keys(PASTS).map((each) => (
              <option key={each}>{each}</option>
            ))}
          </select>
        </label>
      )}
      {subject.kind === 'trace' && <TraceSelect name={subject.name} traces={subject.traces} />}
      <label>
        or a CSV file (arrival_s,work_s){' '}
        <input
          type="file"
          accept=".csv,text/csv"
          onChange={async ({ currentTarget: { files } }) => {
            const picked = files?.[0];
            onFile(picked && { name: picked.name, csv: await picked.text() });
          }}
        />
      </label>
      <p class="quiet">
        {file ? `The tasks of ${file.name}` : tasksOf(subject, found)}, start-up{' '}
        {found.startupSeconds.toFixed(0)} s
      </p>
    </fieldset>
  );
}

/** Each trace has its own address. */
function TraceSelect({ name, traces }: { readonly name: string; readonly traces: readonly string[] }) {
  return (
    <label>
      Trace{' '}
      <select
        value={name}
        onChange={({ currentTarget }) => goTo({ view: 'what-if', name: currentTarget.value })}
      >
        {traces.map((each) => (
          <option key={each}>{each}</option>
        ))}
      </select>
    </label>
  );
}

function tasksOf({ kind }: Subject, { arrivals, lastAtSeconds }: BacktestSummary): string {
  const tasks = count(arrivals, 'task');
  return kind === 'pool' ? `${tasks} in this time` : `${tasks} in ${duration(1000 * lastAtSeconds)}`;
}
