import type { DecisionView } from '../../shared/views/decision-view.ts';
import type { WhatIfEvent } from '../../sim/what-if/what-if.ts';
import type { Action } from '../actions.ts';
import type { Dashboard } from '../dashboard.ts';
import type { Lane, TimeRange } from '../lanes.ts';
import type { PoolHistory } from '../pool-history.ts';
import type { BacktestInput, Controls, LastHour, Points } from '../source.ts';
import type { ListedTask, TaskQuery, TaskStory } from '../tasks.ts';

export type Setup = {
  readonly stack: string;
  readonly pools: readonly string[];
  readonly traces: readonly string[];
  /** Absent for a deployed stack, which is read-only. */
  readonly controls?: Pick<Controls, 'bursts' | 'replaying'>;
};

export type BacktestRequest = {
  readonly name: string;
  readonly sinceMs: number;
  readonly csv?: string | undefined;
  readonly change: Readonly<Record<string, unknown>>;
};

/** What a backtest would start from, with the number of arrivals and the time of the last one. */
export type Settings = Readonly<Record<string, unknown>>;

export type BacktestSummary = Omit<BacktestInput, 'arrivals'> & {
  readonly arrivals: number;
  readonly lastAtSeconds: number;
  /** What an operator may set, as it is now. */
  readonly settings: Settings;
  /** All policies that a pool can have. */
  readonly policyNames: readonly string[];
};

type Query = Readonly<Record<string, string | number | undefined>>;

/** @throws Error with what the server says, or that it can't be reached. */
async function get<T>(path: string, query: Query = {}): Promise<T> {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== '');
  const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return answer<T>(await reach(`/api/${path}${text && `?${text}`}`));
}

async function reach(path: string, options?: RequestInit): Promise<Response> {
  try {
    return await fetch(path, options);
  } catch {
    throw new Error("the console's server doesn't answer: is its terminal still open?");
  }
}

async function answer<T>(response: Response): Promise<T> {
  const body = (await response.json()) as T & { error?: string };
  if (!response.ok) throw new Error(body?.error ?? response.statusText);
  return body;
}

const inRange = ({ fromMs, toMs }: TimeRange) => ({ from: Math.floor(fromMs), to: Math.ceil(toMs) });

export const readSetup = () => get<Setup>('setup');
export const readDashboards = () => get<readonly Dashboard[]>('dashboards');
export const readPoints = () => get<Points>('points');
export const readOverview = () => get<Readonly<Record<string, LastHour>>>('overview');
export const readHistory = (pool: string, range: TimeRange) =>
  get<PoolHistory>('history', { pool, ...inRange(range) });
export const readLanes = (pool: string, range: TimeRange) =>
  get<readonly Lane[]>('lanes', { pool, ...inRange(range) });
/** The last decision by a time, or the last change within a period that ends then; null if there's none. */
export const readDecision = (pool: string, atMs: number, withinMs: number | undefined) =>
  get<DecisionView | null>('decision', { pool, at: Math.ceil(atMs), within: withinMs });
export const readTasks = (query: TaskQuery) => get<readonly ListedTask[]>('tasks', query);
/** Null for an unknown task. */
export const readTask = (id: string) => get<TaskStory | null>('task', { id });
/** What a backtest would start from; null if the pool hasn't been ticked yet, or the name is unknown. */
export const readBacktestInput = (pool: string, sinceMs: number) =>
  get<BacktestSummary | null>('backtest-input', { pool, since: Math.floor(sinceMs) });

/** Sends an action and returns a description of what was done. @throws Error with the reason if it failed. */
export async function act(action: Action): Promise<string> {
  const { done } = await answer<{ readonly done: string }>(await post('/api/do', action));
  return done;
}

/** Runs a backtest and calls `onEvent` as it goes on. @throws Error if it can't begin, or the server goes away. */
export async function runBacktest(
  request: BacktestRequest,
  onEvent: (event: WhatIfEvent) => void,
  signal: AbortSignal,
): Promise<void> {
  const response = await post('/api/backtest', request, signal);
  if (!response.ok || !response.body) return answer(response);
  let rest = '';
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    const lines = (rest + part.value).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onEvent(JSON.parse(line) as WhatIfEvent);
  }
}

function post(path: string, body: unknown, signal: AbortSignal | null = null): Promise<Response> {
  return reach(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal,
  });
}
