import type { PoolConfig } from '../shared/core/pool/config.ts';
import type { Arrival } from '../shared/tasks/trace.ts';
import type { DecisionView } from '../shared/views/decision-view.ts';
import type { PoolView } from '../shared/views/pool-view.ts';
import type { Action } from './actions.ts';
import type { Dashboard, MetricSpec } from './dashboard.ts';
import type { Lane, TimeRange } from './lanes.ts';
import type { ListedTask, TaskQuery, TaskStory } from './tasks.ts';

/** Where the console reads a stack: on this machine, or in an AWS account. */
export type Source = {
  readonly stack: string;
  readonly pools: readonly SourcePool[];
  /** The value of the metrics' stack dimension. */
  readonly metricStack: string;
  /** The dashboards that CDK deploys. */
  dashboards(): Promise<readonly Dashboard[]>;
  /** Points of all lines of the dashboards since a time, by the line's key. */
  points(sinceMs: number): Promise<Points>;
  /** Points of some metrics within a range, by their keys, in periods of at least `periodSeconds`. */
  series(specs: readonly MetricSpec[], range: TimeRange, periodSeconds: number): Promise<Points>;
  /** All alarms of the dashboards. */
  alarms(): Promise<readonly AlarmNow[]>;
  readPools(): Promise<readonly PoolNow[]>;
  /** Decisions of a pool in a range, without its beginning, newest first, at most `atMost`. */
  decisions(pool: string, range: TimeRange, atMost: number): Promise<readonly DecisionView[]>;
  /** What agents did, from their logs. */
  lanes(pool: string, range: TimeRange): Promise<readonly Lane[]>;
  tasks(query: TaskQuery): Promise<readonly ListedTask[]>;
  /** A task, or undefined if it's unknown. */
  task(id: string): Promise<TaskStory | undefined>;
  /** What a backtest starts from: the arrivals of a pool since a time, or those of a trace. Undefined: unknown. */
  backtestInput(name: string, sinceMs: number): Promise<BacktestInput | undefined>;
  /** Names of traces, beside the pools' own histories. */
  readonly traces: readonly string[];
  /** Milliseconds between two reads of the pools, and of points and alarms. */
  readonly pace: { readonly pools: number; readonly points: number };
  /** What only a stack on this machine has. A deployed one is read-only. */
  readonly controls?: Controls;
};

export type SourcePool = { readonly name: string; readonly queueName: string };

/** A pool as it is now, or why it can't be read. */
export type PoolNow =
  | ({
      readonly kind: 'read';
      /** At list price, of the agents that run; undefined for instances of your own, and before the first decision. */
      readonly dollarsPerHour?: number | undefined;
      /** Since the UTC day began. */
      readonly dollarsToday?: number | undefined;
    } & PoolView)
  | { readonly kind: 'unreadable'; readonly name: string; readonly reason: string };

export type BacktestInput = {
  readonly config: PoolConfig;
  readonly startupSeconds: number;
  readonly billedAtLeastSeconds?: number;
  /** When the first second of the arrivals was, if they're a pool's own. */
  readonly beginsAtMs?: number;
  /** Until when arrivals were recorded, in seconds since then. */
  readonly endsAtSeconds?: number;
  readonly arrivals: readonly Arrival[];
};

export type Controls = {
  /** Carries out an action and describes what was done. @throws Error with the reason if it can't. */
  act(action: Action): Promise<string>;
  inForce(): InForce;
  /** Recorded bursts that can be sent to a pool. */
  readonly bursts: readonly string[];
  /** Pools whose handler takes the tasks of recorded traces. */
  readonly replaying: readonly string[];
};

/** What somebody has set going on this machine. */
export type InForce = {
  /** Whether the recorded trace plays; absent if there's none for these pools. */
  readonly playing?: boolean;
  readonly faults: readonly {
    readonly service: string;
    readonly fault: string;
    readonly percent: number;
    readonly untilMs: number;
  }[];
};

/** A pool's last hour, by minute: queued tasks, and the seconds that 95 % of the tasks which started waited at most. */
export type LastHour = { readonly queued: readonly Point[]; readonly wait: readonly Point[] };

/** A time, in seconds since 1970, and a value. */
export type Point = readonly [seconds: number, value: number];
export type Points = Readonly<Record<string, readonly Point[]>>;

/** A CloudWatch alarm with its current state. */
export type AlarmNow = {
  readonly name: string;
  readonly description: string;
  readonly state: 'alarm' | 'ok' | 'unknown';
};
