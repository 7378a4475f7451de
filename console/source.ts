import type { DecisionView } from '../shared/views/decision-view.ts';
import type { PoolView } from '../shared/views/pool-view.ts';
import type { TaskView } from '../shared/views/task-view.ts';
import type { Action } from './actions.ts';
import type { Dashboard } from './dashboard.ts';

/** Where the console reads a stack: on this machine, or in an AWS account. */
export type Source = {
  readonly stack: string;
  readonly pools: readonly string[];
  /** The dashboards that CDK deploys. */
  dashboards(): Promise<readonly Dashboard[]>;
  /** Points of all lines of the dashboards since a time, by the line's key. */
  points(sinceMs: number): Promise<Points>;
  /** All alarms of the dashboards. */
  alarms(): Promise<readonly AlarmNow[]>;
  readPools(): Promise<readonly PoolView[]>;
  /** Decisions of a pool after a time, newest first, at most 500. */
  decisions(pool: string, afterMs: number): Promise<readonly DecisionView[]>;
  /** A task, or undefined if it's unknown. */
  task(id: string): Promise<TaskView | undefined>;
  /** The context of a conversation, or undefined if it's unknown. */
  context(pool: string, id: string): Promise<unknown>;
  /** Recently ended tasks, latest first. Empty if the source has no such list. */
  latestTasks(): readonly EndedTask[];
  /** Milliseconds between two reads of the pools, and of points and alarms. */
  readonly pace: { readonly pools: number; readonly points: number };
  /** Carries out an action. Undefined for a read-only stack. */
  readonly act?: (action: Action) => Promise<string>;
};

/** A time, in seconds since 1970, and a value. */
export type Point = readonly [seconds: number, value: number];
export type Points = Readonly<Record<string, readonly Point[]>>;

/** A CloudWatch alarm with its current state. */
export type AlarmNow = {
  readonly name: string;
  readonly description: string;
  readonly state: 'alarm' | 'ok' | 'unknown';
};

export type EndedTask = {
  readonly id: string;
  readonly outcome: string;
  readonly atMs: number;
  readonly agent: string;
};
