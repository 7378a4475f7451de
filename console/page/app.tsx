import { useEffect, useState } from 'preact/hooks';
import { readSetup, type Setup } from './api.ts';
import { InForceBar } from './controls/in-force.tsx';
import { TryIt } from './controls/try-it.tsx';
import { Dashboards } from './dashboards/dashboards.tsx';
import { type Connection, connect, useLive } from './live.ts';
import { useLoaded } from './load.ts';
import { Overview } from './overview/overview.tsx';
import { Icon } from './parts/icon.tsx';
import { Failure, Whole } from './parts/states.tsx';
import { PoolPage } from './pool/pool-page.tsx';
import { hrefOf, type Place, type Route, shownRoute, usePlace } from './route.ts';
import { TaskPage } from './tasks/task-page.tsx';
import { TasksPage } from './tasks/tasks-page.tsx';
import { ThemeButton } from './theme.tsx';
import { WhatIfPage } from './what-if/what-if-page.tsx';

const CONNECTIONS: Readonly<Record<Connection, string>> = {
  connecting: 'connecting…',
  live: 'live',
  lost: 'disconnected; reconnecting…',
};

/** The whole page: its frame, and the view that its address names. */
export function App() {
  const { route: asked, query } = usePlace();
  const setup = useLoaded('setup', readSetup);
  const place = { route: setup.kind === 'loaded' ? shownRoute(asked, setup.value) : asked, query };
  const title = titleOf(place.route);
  const trouble = useLive('trouble') ?? [];
  const [isTrying, setIsTrying] = useState(false);
  const stack = setup.kind === 'loaded' ? setup.value : undefined;
  useEffect(connect, []);
  useEffect(() => {
    document.title = title;
  }, [title]);
  return (
    <>
      <button type="button" class="skip" onClick={skip}>
        Skip to the content
      </button>
      <Header place={place} stack={stack} isTrying={isTrying} onTry={() => setIsTrying(!isTrying)} />
      {stack?.controls && <InForceBar />}
      <div class="beside">
        <main id="main" tabIndex={-1}>
          {trouble.map((reason) => (
            <Failure key={reason}>{reason}</Failure>
          ))}
          <Whole loaded={setup} what="The stack">
            {(stack) => <View place={place} setup={stack} />}
          </Whole>
        </main>
        {stack?.controls && isTrying && (
          <TryIt
            pool={poolOf(place.route) ?? stack.pools[0]}
            pools={stack.pools}
            controls={stack.controls}
            onClose={() => setIsTrying(false)}
          />
        )}
      </div>
    </>
  );
}

function View({ place: { route, query }, setup }: { readonly place: Place; readonly setup: Setup }) {
  const canAct = setup.controls !== undefined;
  switch (route.view) {
    case 'overview':
      return <Overview query={query} />;
    case 'pool':
      return <PoolPage key={route.pool} route={route} query={query} />;
    case 'tasks':
      return <TasksPage query={query} pools={setup.pools} />;
    case 'task':
      return <TaskPage id={route.id} canAct={canAct} />;
    case 'what-if':
      return <WhatIfPage key={route.name} name={route.name} setup={setup} />;
    case 'dashboards':
      return <Dashboards query={query} />;
    default:
      return route satisfies never;
  }
}

type HeaderProps = {
  readonly place: Place;
  readonly stack: Setup | undefined;
  readonly isTrying: boolean;
  readonly onTry: () => void;
};

function Header({ place: { route }, stack, isTrying, onTry }: HeaderProps) {
  const connection = useLive('connection') ?? 'connecting';
  // Nothing of a trace is live.
  const isOfTraces = stack?.pools.length === 0;
  const shown = poolOf(route) ?? stack?.pools[0];
  return (
    <header class="frame">
      <a class="brand" href={hrefOf({ view: 'overview' })}>
        agentpool
      </a>
      <span class="stack">{stack?.stack}</span>
      {stack && stack.pools.length > 0 && (
        <nav aria-label="Views">
          <Tab route={{ view: 'overview' }} current={route} text="Overview" />
          {shown !== undefined && (
            <Tab route={{ view: 'pool', pool: shown }} current={route} text={`Pool ${shown}`} />
          )}
          <Tab route={{ view: 'tasks' }} current={route} text="Tasks" />
          {shown !== undefined && (
            <Tab route={{ view: 'what-if', name: shown }} current={route} text="What if" />
          )}
          <Tab route={{ view: 'dashboards' }} current={route} text="Dashboards" />
        </nav>
      )}
      <span role="status" class={`connection ${connection}`}>
        {isOfTraces && connection === 'live' ? 'connected' : CONNECTIONS[connection]}
      </span>
      <ThemeButton />
      {stack?.controls && (
        <button type="button" class="primary" aria-expanded={isTrying} onClick={onTry}>
          <Icon name="tools" /> Try it
        </button>
      )}
    </header>
  );
}

/** The pool that a view is about. */
function poolOf(route: Route): string | undefined {
  if (route.view === 'pool') return route.pool;
  return route.view === 'what-if' ? route.name : undefined;
}

type TabProps = { readonly route: Route; readonly current: Route; readonly text: string };

function Tab({ route, current, text }: TabProps) {
  const isCurrent = route.view === current.view || (route.view === 'tasks' && current.view === 'task');
  return (
    <a href={hrefOf(route)} aria-current={isCurrent ? 'page' : undefined}>
      {text}
    </a>
  );
}

function titleOf(route: Route): string {
  switch (route.view) {
    case 'pool':
      return `${route.pool} · agentpool`;
    case 'task':
      return `task ${route.id} · agentpool`;
    case 'what-if':
      return `what if · ${route.name} · agentpool`;
    default:
      return `${route.view} · agentpool`;
  }
}

/** The address belongs to the views, so it's no link. */
function skip(): void {
  document.querySelector<HTMLElement>('#main')?.focus();
}
