import type { DecisionView } from '../../shared/views/decision-view.ts';
import type { PoolView } from '../../shared/views/pool-view.ts';
import type { TaskView } from '../../shared/views/task-view.ts';
import type { Action } from '../actions.ts';
import type { Dashboard } from '../dashboard.ts';
import type { AlarmNow, EndedTask, Points } from '../source.ts';

export type Setup = {
  readonly stack: string;
  readonly pools: readonly string[];
  readonly canAct: boolean;
  readonly dashboards: readonly Dashboard[];
};

async function get<T>(path: string): Promise<T> {
  const response = await fetch(path);
  const body = (await response.json()) as T & { error?: string };
  if (!response.ok) throw new Error(body.error ?? response.statusText);
  return body;
}

export const readSetup = () => get<Setup>('/api/setup');
export const readPoints = () => get<Points>('/api/points');
export const readDecisions = () => get<readonly DecisionView[]>('/api/decisions');
/** Null for an unknown task. */
export const readTask = (id: string) => get<TaskView | null>(`/api/task?id=${encodeURIComponent(id)}`);
export const readContext = (pool: string, id: string) =>
  get<unknown>(`/api/context?pool=${encodeURIComponent(pool)}&id=${encodeURIComponent(id)}`);

/** Sends an action and returns a description of what was done. @throws Error with the reason if it failed. */
export async function act(action: Action): Promise<string> {
  const response = await fetch('/api/do', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(action),
  });
  const body = (await response.json()) as { done?: string; error?: string };
  if (!response.ok) throw new Error(body.error ?? response.statusText);
  return body.done ?? '';
}

type Listeners = {
  readonly pools: (pools: readonly PoolView[]) => void;
  readonly alarms: (alarms: readonly AlarmNow[]) => void;
  readonly decisions: (decisions: readonly DecisionView[]) => void;
  readonly points: (points: Points) => void;
  readonly tasks: (tasks: readonly EndedTask[]) => void;
  readonly trouble: (reason: string) => void;
  /** The stream has connected, or reconnected: read what was missed. */
  readonly connected: () => void;
  readonly lost: () => void;
};

/** Subscribes to server-sent events. The browser reconnects on its own. */
export function listen(listeners: Listeners): void {
  const stream = new EventSource('/api/live');
  stream.onopen = () => listeners.connected();
  stream.onerror = () => listeners.lost();
  for (const name of ['pools', 'alarms', 'decisions', 'points', 'tasks', 'trouble'] as const) {
    stream.addEventListener(name, ({ data }) => listeners[name](JSON.parse(data) as never));
  }
}
