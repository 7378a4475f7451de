import {
  CloudWatchClient,
  DescribeAlarmsCommand,
  GetDashboardCommand,
  GetMetricDataCommand,
  type MetricDataQuery,
} from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { openPool } from '../../shared/aws/open-pool.ts';
import type { StackOutputs } from '../../shared/aws/stack-outputs.ts';
import { dashboardName } from '../../shared/telemetry/dashboard-name.ts';
import { awsViews, recordedArrivals } from '../aws-views.ts';
import { type Dashboard, keyOf, keysOf, parseDashboard, specOf } from '../dashboard.ts';
import type { TimeRange } from '../lanes.ts';
import type { AlarmNow, Point, Points, Source } from '../source.ts';
import { findStory, listTasks } from '../tasks.ts';
import { agentLogs } from './agent-logs.ts';

const PERIOD_SECONDS = 60;
/** Most queries per GetMetricData call. */
const QUERIES = 500;
/** Most alarms per DescribeAlarms call, which is more than the pools of one scaler have. */
const ALARMS = 100;
const STATES = { ALARM: 'alarm', OK: 'ok', INSUFFICIENT_DATA: 'unknown' } as const;

/** A deployed stack, read with the user's credentials. Read-only. */
export function deployedSource(stack: string, outputs: StackOutputs): Source {
  const cloudWatch = new CloudWatchClient({});
  const pools = outputs.pools.map(({ name }) => openPool(outputs, name));
  const names = pools.map(({ pool }) => pool.name);
  const views = awsViews(pools);
  const logged = agentLogs(new CloudWatchLogsClient({}), outputs);
  let read: Promise<readonly Dashboard[]> | undefined;

  async function dashboards(): Promise<readonly Dashboard[]> {
    const region = await cloudWatch.config.region();
    const shown = [undefined, ...names].map((pool) => dashboardName({ stack, region, pool }));
    const found = await Promise.all(shown.map(dashboard));
    return found.flat();
  }

  /** They change with a deployment only. A read that failed is repeated. */
  function dashboardsOnce(): Promise<readonly Dashboard[]> {
    read ??= dashboards().catch((error: unknown) => {
      read = undefined;
      throw error;
    });
    return read;
  }

  /** Returns an empty list if the stack was deployed without the dashboard. */
  async function dashboard(name: string): Promise<readonly Dashboard[]> {
    const { DashboardBody: body } = await cloudWatch
      .send(new GetDashboardCommand({ DashboardName: name }))
      .catch((error: Error) => {
        if (error.name === 'ResourceNotFound' || error.name === 'DashboardNotFoundError')
          return { DashboardBody: undefined };
        throw error;
      });
    return body === undefined ? [] : [parseDashboard(name, body)];
  }

  async function alarms(): Promise<readonly AlarmNow[]> {
    const wanted = [...new Set((await dashboardsOnce()).flatMap((page) => page.alarms))];
    const found = await Promise.all(
      batches(wanted, ALARMS).map((AlarmNames) =>
        cloudWatch.send(new DescribeAlarmsCommand({ AlarmNames, MaxRecords: ALARMS })),
      ),
    );
    const described = found.flatMap(({ MetricAlarms = [] }) => MetricAlarms);
    return described.map(({ AlarmName: name = '', AlarmDescription: description = name, StateValue }) => ({
      name,
      description,
      state: STATES[StateValue ?? 'INSUFFICIENT_DATA'],
    }));
  }

  async function pointsOf(keys: readonly string[], range: TimeRange, periodSeconds: number): Promise<Points> {
    const results = await Promise.all(
      batches(keys, QUERIES).map((batch) => query(cloudWatch, batch, { ...range, periodSeconds })),
    );
    return Object.assign({}, ...results) as Points;
  }

  return {
    stack,
    pools: pools.map(({ pool }) => ({ name: pool.name, queueName: pool.queueUrl.split('/').at(-1) ?? '' })),
    metricStack: stack,
    ...views,
    dashboards: dashboardsOnce,
    alarms,
    async points(sinceMs) {
      const keys = keysOf(await dashboardsOnce());
      return pointsOf(keys, { fromMs: sinceMs, toMs: Date.now() }, PERIOD_SECONDS);
    },
    series: (specs, range, periodSeconds) => pointsOf(specs.map(keyOf), range, periodSeconds),
    lanes: logged.lanes,
    tasks: (query) => listTasks(pools, query, logged),
    task: (id) => findStory(pools, id, logged),
    async backtestInput(name, fromMs) {
      const pool = pools.find((each) => each.pool.name === name);
      const config = await views.config(name);
      if (!pool || !config) return undefined;
      return { ...config, ...(await recordedArrivals(pool, fromMs)) };
    },
    traces: [],
    // Each read of the pools makes several calls, and CloudWatch has nothing newer than a minute.
    pace: { pools: 5_000, points: PERIOD_SECONDS * 1000 },
  };
}

function batches<T>(values: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(values.length / size) }, (_, index) =>
    values.slice(index * size, (index + 1) * size),
  );
}

async function query(
  cloudWatch: CloudWatchClient,
  keys: readonly string[],
  { fromMs, toMs, periodSeconds }: TimeRange & { readonly periodSeconds: number },
): Promise<Points> {
  const points = new Map<string, Point[]>();
  let token: string | undefined;
  do {
    const { MetricDataResults: results = [], NextToken } = await cloudWatch.send(
      new GetMetricDataCommand({
        StartTime: new Date(fromMs),
        EndTime: new Date(toMs),
        ScanBy: 'TimestampAscending',
        MetricDataQueries: keys.map((key, index) => queryOf(key, index, periodSeconds)),
        ...(token !== undefined && { NextToken: token }),
      }),
    );
    for (const { Id, Timestamps = [], Values = [] } of results) {
      const key = keys[Number(Id?.slice(1))];
      if (key === undefined) continue;
      const divisor = specOf(key).perSecond ? periodSeconds : 1;
      const of = Timestamps.map((at, index): Point => [at.getTime() / 1000, (Values[index] ?? 0) / divisor]);
      points.set(key, [...(points.get(key) ?? []), ...of]);
    }
    token = NextToken;
  } while (token !== undefined);
  return Object.fromEntries(points);
}

function queryOf(key: string, index: number, periodSeconds: number): MetricDataQuery {
  const { namespace, metric, dimensions, stat } = specOf(key);
  return {
    Id: `m${index}`,
    MetricStat: {
      Metric: {
        Namespace: namespace,
        MetricName: metric,
        Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
      },
      Period: periodSeconds,
      Stat: stat,
    },
  };
}
