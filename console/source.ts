import type { DecisionView } from '../shared/views/decision-view.ts';
import type { PoolView } from '../shared/views/pool-view.ts';
import type { TaskView } from '../shared/views/task-view.ts';
import type { Action } from './actions.ts';
import type { Dashboard } from './dashboard.ts';

/** Where the console sees a stack: on this machine, or in an account. */
export type Source = {
  readonly stack: string;
  readonly pools: readonly string[];
  /** As CDK deploys them. */
  dashboards(): Promise<readonly Dashboard[]>;
  /** Points of every line of the dashboards since then, by the line's key. */
  points(sinceMs: number): Promise<Points>;
  /** Every alarm of the dashboards. */
  alarms(): Promise<readonly AlarmNow[]>;
  look(): Promise<readonly PoolView[]>;
  /** Decisions of all pools after then, oldest first. */
  decisions(afterMs: number): Promise<readonly DecisionView[]>;
  /** What a task came to, or undefined. */
  task(id: string): Promise<TaskView | undefined>;
  /** What a conversation holds, or undefined. */
  context(pool: string, id: string): Promise<unknown>;
  /** Tasks that ended lately, the latest first, as far as this source knows them. */
  latestTasks(): readonly EndedTask[];
  /** How often it may be asked, in milliseconds. */
  readonly pace: { readonly look: number; readonly points: number };
  /** Undefined: this stack is only looked at. */
  readonly act?: (action: Action) => Promise<string>;
};

/** Time in seconds, and a value. */
export type Point = readonly [seconds: number, value: number];
export type Points = Readonly<Record<string, readonly Point[]>>;

/** An alarm of CloudWatch: what it says, and whether it does now. */
export type AlarmNow = {
  readonly name: string;
  readonly says: string;
  readonly state: 'alarm' | 'ok' | 'unknown';
};

export type EndedTask = {
  readonly id: string;
  readonly outcome: string;
  readonly atMs: number;
  readonly agent: string;
};
