import { useEffect, useRef, useState } from 'preact/hooks';
import type { WhatIfPoint } from '../../../sim/what-if/what-if.ts';
import { readBacktestInput, runBacktest, type Settings, type Setup } from '../api.ts';
import { useLoaded } from '../load.ts';
import { Empty, Failure, Whole } from '../parts/states.tsx';
import { hrefOf } from '../route.ts';
import { Apply } from './apply.tsx';
import { Arrivals, type Past, type PickedFile, type Subject, sinceMs } from './arrivals.tsx';
import { ChangeForm } from './change-form.tsx';
import { PointTable } from './point-table.tsx';
import { PoolText } from './pool-text-box.tsx';
import { after, type Run } from './run.ts';
import { Scatter } from './scatter.tsx';

/** What other settings would have cost and held, over what really arrived. */
export function WhatIfPage({ name, setup }: { readonly name: string; readonly setup: Setup }) {
  const subject: Subject = setup.pools.includes(name)
    ? { kind: 'pool', name }
    : { kind: 'trace', name, traces: setup.traces };
  const [past, setPast] = useState<Past>('last hour');
  const [file, setFile] = useState<PickedFile>();
  const [change, setChange] = useState<Readonly<Record<string, unknown>>>({});
  const [run, setRun] = useState<Run>({ kind: 'none' });
  const [chosen, setChosen] = useState<WhatIfPoint>();
  /** What was in force when the run began: its points say only what differs from it. */
  const [today, setToday] = useState<Settings>();
  const stop = useRef(new AbortController());
  const input = useLoaded(`${name} ${past}`, () => readBacktestInput(name, sinceMs(past)));
  useEffect(() => () => stop.current.abort(), []);

  const start = () => {
    stop.current.abort();
    stop.current = new AbortController();
    const { signal } = stop.current;
    setChosen(undefined);
    setToday(undefined);
    const since = sinceMs(past);
    void readBacktestInput(name, since).then((found) => setToday(found?.settings));
    setRun({ kind: 'running', points: [], done: 0, of: 1, doing: 'reading the arrivals' });
    const request = { name, sinceMs: since, change, ...(file && { csv: file.csv }) };
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
        Runs the scaler of production over {subject.kind === 'pool' ? 'what really arrived' : 'the trace'}{' '}
        with today's settings, as you change them and with others, and other scalers at their best setting,
        with the slots that you set.
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
              <Arrivals
                subject={subject}
                found={found}
                past={past}
                onPast={setPast}
                file={file}
                onFile={setFile}
              />
              <ChangeForm
                config={found.config}
                policyNames={found.policyNames}
                change={change}
                onChange={setChange}
              />
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
            <Unknown subject={subject} />
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
            {chosen && today && subject.kind === 'pool' && (
              <Apply
                key={chosen.label}
                pool={name}
                point={chosen}
                today={today}
                canAct={setup.controls !== undefined}
              />
            )}
            {chosen && subject.kind === 'trace' && input.kind === 'loaded' && input.value && (
              <PoolText today={input.value.config} point={chosen} />
            )}
          </div>
        </div>
      )}
    </>
  );
}

function Unknown({ subject }: { readonly subject: Subject }) {
  if (subject.kind === 'pool')
    return (
      <Empty>
        The scaler hasn't ticked this pool yet: its settings are known after its first decision, within a
        minute.
      </Empty>
    );
  return (
    <Empty>
      There is no pool or trace “{subject.name}” here.{' '}
      <a href={hrefOf({ view: 'overview' })}>Show what there is</a>
    </Empty>
  );
}
