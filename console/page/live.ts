import { useEffect, useState } from 'preact/hooks';
import type { AlarmNow, InForce, Points, PoolNow } from '../source.ts';
import type { Tick } from '../ticks.ts';

export type Connection = 'connecting' | 'live' | 'lost';

/** What the server sends, by the event's name. */
type Events = {
  readonly pools: readonly PoolNow[];
  readonly alarms: readonly AlarmNow[];
  readonly ticks: { readonly pool: string; readonly ticks: readonly Tick[] };
  readonly points: Points;
  readonly 'in-force': InForce;
  readonly trouble: readonly string[];
  readonly connection: Connection;
};
type Name = keyof Events;

const listeners = new Map<Name, Set<(data: never) => void>>();
const latest = new Map<Name, unknown>();

function publish(name: Name, data: unknown): void {
  latest.set(name, data);
  for (const listener of listeners.get(name) ?? []) listener(data as never);
}

/** Subscribes to the server's events, once for the page. The browser reconnects on its own. */
export function connect(): void {
  const stream = new EventSource('/api/live');
  stream.onopen = () => publish('connection', 'live');
  stream.onerror = () => publish('connection', 'lost');
  for (const name of ['pools', 'alarms', 'ticks', 'points', 'in-force', 'trouble'] as const)
    stream.addEventListener(name, ({ data }) => publish(name, JSON.parse(data)));
}

/** Calls a listener for each event. Returns a function that stops it. */
export function listen<N extends Name>(name: N, listener: (data: Events[N]) => void): () => void {
  const all = listeners.get(name) ?? new Set();
  listeners.set(name, all.add(listener as never));
  return () => all.delete(listener as never);
}

/** The data of the latest event; undefined before the first. */
export function useLive<N extends Name>(name: N): Events[N] | undefined {
  const [data, setData] = useState(() => latest.get(name) as Events[N] | undefined);
  useEffect(() => {
    setData(() => latest.get(name) as Events[N] | undefined);
    return listen(name, (next) => setData(() => next));
  }, [name]);
  return data;
}

/** The same for what is costly to draw: a second apart at least. */
export function usePoolEachSecond(name: string): PoolNow | undefined {
  const read = () => (latest.get('pools') as Events['pools'] | undefined)?.find((pool) => pool.name === name);
  const [pool, setPool] = useState(read);
  useEffect(() => {
    setPool(read);
    const timer = setInterval(() => setPool(read), 1_000);
    return () => clearInterval(timer);
  }, [name]);
  return pool;
}

/** The pool of this name, as read last. */
export function usePool(name: string): PoolNow | undefined {
  return useLive('pools')?.find((pool) => pool.name === name);
}
