import { useEffect, useRef, useState } from 'preact/hooks';
import type { PoolHistory } from '../../pool-history.ts';
import type { PoolNow } from '../../source.ts';
import { DecisionPanel } from '../decision/decision-panel.tsx';
import { ago, dayAndTime, ZONE } from '../format.ts';
import { useLive, usePool } from '../live.ts';
import { Icon } from '../parts/icon.tsx';
import { Empty, Failure } from '../parts/states.tsx';
import { goTo, hrefOf, type Route } from '../route.ts';
import { KeyFigures } from './key-figures.tsx';
import { LaneStack } from './lane-stack.tsx';
import { usePoolHistory, useRange } from './pool-data.ts';
import { parametersOf, parseWindow, SPANS, type Span, type Window } from './range.ts';

type Props = { readonly route: Extract<Route, { view: 'pool' }>; readonly query: URLSearchParams };

const NO_HISTORY: PoolHistory = { ticks: [], wait: [], age: [], keys: { wait: '', age: '' } };

/** A pool: how it stands, what the scaler did last and why, and what happened, on one axis of time. */
export function PoolPage({ route: { pool: name, decisionAtMs }, query }: Props) {
  const shown = useWindow(query);
  const pool = usePool(name);
  const isListed = useLive('pools') !== undefined;
  const loaded = usePoolHistory(name, shown);
  const range = useRange(shown);
  const known = useRef(NO_HISTORY);
  if (loaded.kind === 'loaded') known.current = loaded.value;
  const history = known.current;
  if (isListed && !pool)
    return (
      <Empty>
        There's no pool “{name}” in this stack. <a href={hrefOf({ view: 'overview' })}>See all pools</a>
      </Empty>
    );
  const withinSeconds = pool?.kind === 'read' ? (pool.decision?.bounds?.objective.withinSeconds ?? 0) : 0;
  return (
    <>
      <div class="title">
        <h1>{name}</h1>
        <PoolSwitch name={name} shown={shown} />
        <RangeChooser pool={name} shown={shown} />
      </div>
      {pool?.kind === 'unreadable' && (
        <Failure>
          {name} can't be read: {pool.reason}
        </Failure>
      )}
      {pool?.kind === 'read' && (
        <>
          {pool.problems.map(({ text, agents }) => (
            <Failure key={text}>
              {agents} {agents === 1 ? 'agent' : 'agents'}: {text}
            </Failure>
          ))}
          <KeyFigures pool={pool} history={history} />
          <LastDecision pool={pool} shown={shown} />
        </>
      )}
      <PoolAlarms name={name} />
      {loaded.kind === 'failed' && (
        <Failure>
          The history of {name} can't be read: {loaded.reason}
        </Failure>
      )}
      <div class={`pool-main${decisionAtMs === undefined ? '' : ' with-panel'}`}>
        <div aria-busy={loaded.kind === 'loading'}>
          <LaneStack {...{ pool: name, history, shown, range, withinSeconds, decisionAtMs }} />
          <p class="quiet zone">
            Times are those of {ZONE}; from {dayAndTime(range.fromMs)}.
          </p>
        </div>
        {decisionAtMs !== undefined && (
          <DecisionPanel
            pool={name}
            atMs={decisionAtMs}
            withinMs={Number(query.get('within')) || undefined}
            shown={shown}
          />
        )}
      </div>
    </>
  );
}

/** The window that the address names; the same object as long as it's the same window. */
function useWindow(query: URLSearchParams): Window {
  const next = parseWindow(query);
  const [shown, setShown] = useState(next);
  const isSame = JSON.stringify(next) === JSON.stringify(shown);
  useEffect(() => {
    if (!isSame) setShown(next);
  });
  return isSame ? shown : next;
}

function PoolSwitch({ name, shown }: { readonly name: string; readonly shown: Window }) {
  const pools = useLive('pools') ?? [];
  if (pools.length < 2) return null;
  return (
    <label>
      Pool{' '}
      <select
        value={name}
        onChange={({ currentTarget }) =>
          goTo({ view: 'pool', pool: currentTarget.value }, parametersOf(shown))
        }
      >
        {pools.map((each) => (
          <option key={each.name}>{each.name}</option>
        ))}
      </select>
    </label>
  );
}

function RangeChooser({ pool, shown }: { readonly pool: string; readonly shown: Window }) {
  return (
    <nav class="ranges grow-end" aria-label="Time shown">
      {shown.kind === 'fixed' && (
        <a class="button primary" href={hrefOf({ view: 'pool', pool }, { range: '5m' })}>
          <Icon name="live" /> Live
        </a>
      )}
      {(Object.keys(SPANS) as Span[]).map((span) => (
        <a
          key={span}
          class="button"
          aria-current={shown.kind === 'live' && shown.span === span ? 'true' : undefined}
          href={hrefOf({ view: 'pool', pool }, { range: span })}
        >
          {SPANS[span].label}
        </a>
      ))}
    </nav>
  );
}

/** What the scaler did last, and why, in one sentence. */
function LastDecision({
  pool,
  shown,
}: {
  readonly pool: Extract<PoolNow, { kind: 'read' }>;
  readonly shown: Window;
}) {
  const { decision, name, mode } = pool;
  if (!decision)
    return (
      <p class="last">The scaler hasn't ticked this pool yet: its first decision comes within a minute.</p>
    );
  const { atMs, kind, from, desired, reason } = decision;
  const what =
    kind === 'hold' ? `holds at ${desired ?? '?'}` : `${kind} from ${from ?? '?'} to ${desired ?? '?'}`;
  return (
    <p class="last">
      <a href={hrefOf({ view: 'pool', pool: name, decisionAtMs: atMs }, parametersOf(shown))}>{what}</a>
      <span class="quiet"> {ago(atMs, Date.now())}</span>: {reason}
      {mode.kind !== 'automatic' && (
        <strong class="override-mark">
          {' '}
          {mode.kind} by {mode.by} since {dayAndTime(mode.atMs)}
        </strong>
      )}
    </p>
  );
}

/** Alarms of the pool that fire, with what to do. */
function PoolAlarms({ name }: { readonly name: string }) {
  const firing = (useLive('alarms') ?? []).filter(
    ({ state, description }) => state === 'alarm' && description.startsWith(`Pool ${name}:`),
  );
  return (
    <div role="alert">
      {firing.map(({ name: alarm, description }) => (
        <p key={alarm} class="alarm">
          <Icon name="alarm" /> {description}
        </p>
      ))}
    </div>
  );
}
