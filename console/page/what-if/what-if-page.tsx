import { useEffect, useRef, useState } from 'preact/hooks';
import type { WhatIfPoint } from '../../../sim/what-if/what-if.ts';
import { readBacktestInput, runBacktest, type Setup } from '../api.ts';
import { count } from '../format.ts';
import { useLoaded } from '../load.ts';
import { Empty, Failure, Whole } from '../parts/states.tsx';
import { Apply } from './apply.tsx';
import { ChangeForm } from './change-form.tsx';
import { PointTable } from './point-table.tsx';
import { Scatter } from './scatter.tsx';

const HOUR_MS = 3_600_000;
const PASTS = {
  'last hour': 1,
  'last 6 hours': 6,
  'last 24 hours': 24,
  'last 7 days': 168,
  'last 14 days': 336,
} as const;
type Past = keyof typeof PASTS;

/** A run of the backtest, as far as it has come. */
type Run =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'running' | 'done';
      readonly points: readonly WhatIfPoint[];
      readonly done: number;
      readonly of: number;
      readonly doing: string;
      readonly why?: string;
    }
  | { readonly kind: 'failed'; readonly reason: string };

/** What other settings would have cost and held, over what really arrived. */
export function WhatIfPage({ name, setup }: { readonly name: string; readonly setup: Setup }) {
  const isPool = setup.pools.includes(name);
  const [past, setPast] = useState<Past>('last hour');
  const [file, setFile] = useState<{ readonly name: string; readonly csv: string }>();
  const [change, setChange] = useState<Readonly<Record<string, unknown>>>({});
  const [run, setRun] = useState<Run>({ kind: 'none' });
  const [chosen, setChosen] = useState<WhatIfPoint>();
  const stop = useRef(new AbortController());
  const sinceMs = () => Date.now() - PASTS[past] * HOUR_MS;
  const input = useLoaded(`${name} ${past}`, () => readBacktestInput(name, sinceMs()));
  useEffect(() => () => stop.current.abort(), []);

  const start = () => {
    stop.current.abort();
    stop.current = new AbortController();
    const { signal } = stop.current;
    setChosen(undefined);
    setRun({ kind: 'running', points: [], done: 0, of: 1, doing: 'reading the arrivals' });
    const request = { name, sinceMs: sinceMs(), change, ...(file && { csv: file.csv }) };
    runBacktest(
      request,
      (event) => setRun((before) => (signal.aborted ? before : after(before, event))),
      signal,
    ).catch((error: Error) => {
      if (!signal.aborted) setRun({ kind: 'failed', reason: error.message });
    });
  };

  const points = run.kind === 'running' || run.kind === 'done' ? run.points : [];
  return (
    <>
      <div class="title">
        <h1>What if · {name}</h1>
      </div>
      <p class="lead">
        Runs the scaler of production over what really arrived, with other settings, and KEDA, Knative and a
        constant fleet at their best.
      </p>
      <Whole loaded={input} what="What arrived">
        {(found) =>
          found ? (
            <form
              class="what-if"
              onSubmit={(event) => {
                event.preventDefault();
                start();
              }}
            >
              <fieldset>
                <legend>Arrivals</legend>
                {isPool && (
                  <label>
                    From{' '}
                    <select
                      value={past}
                      onChange={({ currentTarget }) => setPast(currentTarget.value as Past)}
                    >
                      {Object.keys(PASTS).map((each) => (
                        <option key={each}>{each}</option>
                      ))}
                    </select>
                  </label>
                )}
                <label>
                  or a CSV file (arrival_s,work_s){' '}
                  <input
                    type="file"
                    accept=".csv,text/csv"
                    onChange={async ({ currentTarget: { files } }) => {
                      const picked = files?.[0];
                      setFile(picked && { name: picked.name, csv: await picked.text() });
                    }}
                  />
                </label>
                <p class="quiet">
                  {file ? `The tasks of ${file.name}` : `${count(found.arrivals, 'task')} in this time`},
                  start-up {found.startupSeconds.toFixed(0)} s
                </p>
              </fieldset>
              <ChangeForm config={found.config} onChange={setChange} />
              <div class="buttons">
                <button type="submit" class="primary" disabled={run.kind === 'running'}>
                  Run
                </button>
                {run.kind === 'running' && (
                  <button
                    type="button"
                    onClick={() => {
                      stop.current.abort();
                      setRun({ kind: 'none' });
                    }}
                  >
                    Stop
                  </button>
                )}
              </div>
            </form>
          ) : (
            <Empty>
              The scaler hasn't ticked this pool yet: its settings are known after its first decision, within
              a minute.
            </Empty>
          )
        }
      </Whole>
      <div role="status">
        {run.kind === 'running' && (
          <p>
            <progress value={run.done} max={run.of} aria-label="Runs of the backtest" /> {run.doing}
          </p>
        )}
        {run.kind === 'done' && <p class="recommendation">{run.why}</p>}
      </div>
      {run.kind === 'failed' && <Failure>{run.reason}</Failure>}
      {points.length > 0 && (
        <div class="what-if-result">
          <Scatter points={points} chosen={chosen} onChoose={setChosen} />
          <div>
            <PointTable points={points} chosen={chosen} onChoose={setChosen} />
            {chosen && isPool && <Apply pool={name} point={chosen} canAct={setup.controls !== undefined} />}
          </div>
        </div>
      )}
    </>
  );
}

type Event = Parameters<Parameters<typeof runBacktest>[1]>[0];

function after(before: Run, event: Event): Run {
  const run =
    before.kind === 'running' ? before : { kind: 'running' as const, points: [], done: 0, of: 1, doing: '' };
  switch (event.kind) {
    case 'progress':
      return { ...run, done: event.done, of: event.of, doing: event.doing };
    case 'point':
      return { ...run, points: [...run.points, event.point] };
    case 'done':
      return { ...run, kind: 'done', points: withRecommended(run.points, event.recommended), why: event.why };
    case 'failed':
      return { kind: 'failed', reason: event.reason };
    default:
      return event satisfies never;
  }
}

/** The recommended point may be one that's there already. */
function withRecommended(
  points: readonly WhatIfPoint[],
  recommended: WhatIfPoint | undefined,
): readonly WhatIfPoint[] {
  if (!recommended) return points;
  const isSame = (point: WhatIfPoint) => point.label === recommended.label && point.role !== 'recommended';
  return [...points.filter((point) => !isSame(point) && point.role !== 'recommended'), recommended];
}
