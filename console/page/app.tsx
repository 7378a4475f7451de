import { useEffect, useMemo, useState } from 'preact/hooks';
import type { DecisionView } from '../../shared/views/decision-view.ts';
import type { PoolView } from '../../shared/views/pool-view.ts';
import type { AlarmNow, EndedTask } from '../source.ts';
import { listen, readDecisions, readPoints, readSetup, type Setup } from './api.ts';
import { Controls } from './controls.tsx';
import { DashboardView } from './dashboard-view.tsx';
import { Decisions } from './decisions.tsx';
import { createHistory } from './history.ts';
import { createPainter } from './painter.ts';
import { Pool } from './pool.tsx';
import { Tasks } from './tasks.tsx';
import { ThemeButton } from './theme.tsx';

const DECISIONS_KEPT = 500;

type Connection = 'connecting' | 'live' | 'lost';

/** The whole page: holds the server's data and renders its parts. */
export function App() {
  const [setup, setSetup] = useState<Setup>();
  const [connection, setConnection] = useState<Connection>('connecting');
  const [trouble, setTrouble] = useState<string>();
  const [pools, setPools] = useState<readonly PoolView[]>([]);
  const [alarms, setAlarms] = useState<readonly AlarmNow[]>([]);
  const [decisions, setDecisions] = useState<readonly DecisionView[]>([]);
  const [tasks, setTasks] = useState<readonly EndedTask[]>([]);
  const [changed, setChanged] = useState<ReadonlySet<string>>(new Set());
  const history = useMemo(createHistory, []);
  const painter = useMemo(createPainter, []);

  useEffect(() => {
    const catchUp = async () => {
      const [stack, points, decided] = await Promise.all([readSetup(), readPoints(), readDecisions()]);
      history.add(points);
      setSetup(stack);
      setDecisions((known) => merge(known, decided));
      setChanged(new Set(Object.keys(points)));
      setTrouble(undefined);
    };
    listen({
      pools: setPools,
      alarms: setAlarms,
      tasks: setTasks,
      trouble: (reason) => setTrouble(reason || undefined),
      decisions: (more) => setDecisions((known) => merge(known, more)),
      points: (points) => setChanged(history.add(points)),
      connected() {
        setConnection('live');
        void keepTrying(catchUp, (error) => setTrouble(error.message));
      },
      lost: () => setConnection('lost'),
    });
  }, [history]);

  // Each part renders again only when its data has changed.
  const overview = useMemo(() => <Pools pools={pools} canAct={setup?.canAct ?? false} />, [pools, setup]);
  const activity = useMemo(
    () => (
      <div class="beside">
        <Decisions decisions={decisions} />
        <Tasks ended={tasks} />
      </div>
    ),
    [decisions, tasks],
  );
  const dashboard = useMemo(
    () =>
      setup && (
        <DashboardView
          dashboards={setup.dashboards}
          alarms={alarms}
          history={history}
          painter={painter}
          changed={changed}
        />
      ),
    [setup, alarms, history, painter, changed],
  );

  return (
    <>
      <a class="skip" href="#main">
        Skip to the pools
      </a>
      <header>
        <h1>agentpool</h1>
        <p class="stack">{setup?.stack}</p>
        <p role="status" class={`connection ${connection}`}>
          {CONNECTIONS[connection]}
        </p>
        <ThemeButton onChange={painter.restyle} />
      </header>
      <main id="main">
        {trouble !== undefined && (
          <p role="alert" class="trouble">
            {trouble}
          </p>
        )}
        {overview}
        {activity}
        {dashboard}
      </main>
    </>
  );
}

const RETRY_MS = 5_000;

/** What failed once is tried again. */
async function keepTrying(work: () => Promise<void>, onError: (error: Error) => void): Promise<void> {
  try {
    await work();
  } catch (error) {
    onError(error as Error);
    setTimeout(() => void keepTrying(work, onError), RETRY_MS);
  }
}

function Pools({ pools, canAct }: { readonly pools: readonly PoolView[]; readonly canAct: boolean }) {
  return (
    <>
      <section aria-labelledby="pools">
        <h2 id="pools">Pools</h2>
        {pools.map((pool) => (
          <Pool key={pool.name} pool={pool} />
        ))}
        {pools.length === 0 && <p>No data yet.</p>}
      </section>
      {canAct && <Controls pools={pools} />}
    </>
  );
}

const CONNECTIONS: Readonly<Record<Connection, string>> = {
  connecting: 'connecting…',
  live: 'live',
  lost: 'disconnected; reconnecting…',
};

/** Merges decisions without duplicates, latest first. */
function merge(known: readonly DecisionView[], more: readonly DecisionView[]): readonly DecisionView[] {
  const nameOf = ({ pool, atMs }: DecisionView) => `${pool} ${atMs}`;
  const names = new Set(known.map(nameOf));
  const fresh = more.filter((decision) => !names.has(nameOf(decision)));
  if (fresh.length === 0) return known;
  return [...known, ...fresh].sort((a, b) => b.atMs - a.atMs).slice(0, DECISIONS_KEPT);
}
