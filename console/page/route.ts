import { useEffect, useState } from 'preact/hooks';

/** What the page shows, as its address says: a link to it can be shared. */
export type Route =
  | { readonly view: 'overview' }
  | { readonly view: 'pool'; readonly pool: string; readonly decisionAtMs?: number | undefined }
  | { readonly view: 'tasks' }
  | { readonly view: 'task'; readonly id: string }
  | { readonly view: 'what-if'; readonly name: string }
  | { readonly view: 'dashboards' };

export type Place = { readonly route: Route; readonly query: URLSearchParams };

type Parameters = Readonly<Record<string, string | number | undefined>>;

/** The address of a view. */
export function hrefOf(route: Route, parameters: Parameters = {}): string {
  const given = Object.entries(parameters).filter(([, value]) => value !== undefined && value !== '');
  const query = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return `#${pathOf(route)}${query && `?${query}`}`;
}

function pathOf(route: Route): string {
  switch (route.view) {
    case 'overview':
      return '/';
    case 'pool': {
      const path = `/pool/${encodeURIComponent(route.pool)}`;
      return route.decisionAtMs === undefined ? path : `${path}/decision/${route.decisionAtMs}`;
    }
    case 'tasks':
      return '/tasks';
    case 'task':
      return `/tasks/${encodeURIComponent(route.id)}`;
    case 'what-if':
      return `/what-if/${encodeURIComponent(route.name)}`;
    case 'dashboards':
      return '/dashboards';
    default:
      return route satisfies never;
  }
}

export function parsePlace(hash: string): Place {
  const [path = '', query = ''] = hash.replace(/^#/, '').split('?');
  const [view, name = '', , at] = path.split('/').slice(1).map(decoded);
  return { route: routeOf(view, name, at), query: new URLSearchParams(query) };
}

/** Somebody may have cut an address short. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return '';
  }
}

function routeOf(view: string | undefined, name: string, at: string | undefined): Route {
  if (view === 'pool' && name !== '')
    return { view, pool: name, ...(at !== undefined && { decisionAtMs: Number(at) }) };
  if (view === 'tasks') return name === '' ? { view } : { view: 'task', id: name };
  if (view === 'what-if' && name !== '') return { view, name };
  return { view: view === 'dashboards' ? view : 'overview' };
}

/**
 * The view that's shown. Where there are traces instead of pools, it's always what-if: of the trace that the address
 * names, or of the first one.
 */
export function shownRoute(route: Route, { pools, traces }: Shown): Route {
  const [first] = traces;
  if (pools.length > 0 || first === undefined || route.view === 'what-if') return route;
  return { view: 'what-if', name: first };
}

type Shown = { readonly pools: readonly string[]; readonly traces: readonly string[] };

/** Where the page is, again after each change. */
export function usePlace(): Place {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const onChange = () => setHash(location.hash);
    addEventListener('hashchange', onChange);
    return () => removeEventListener('hashchange', onChange);
  }, []);
  return parsePlace(hash);
}

/** Goes to a view. `replace`: without a step in the browser's history. */
export function goTo(route: Route, parameters: Parameters = {}, how: 'push' | 'replace' = 'push'): void {
  const href = hrefOf(route, parameters);
  if (how === 'push') location.hash = href;
  else {
    history.replaceState(null, '', href);
    dispatchEvent(new HashChangeEvent('hashchange'));
  }
}
